// The mail's link holds its code behind the `#`, which browsers keep to themselves: put it into the form, and out of sight.
const field = document.getElementById("at-code");
const given = new URLSearchParams(location.hash.slice(1)).get("code");
if (field && given) {
  field.value = given.slice(0, 100);
  history.replaceState(null, "", location.pathname);
  document.getElementById("at-password").focus();
}
