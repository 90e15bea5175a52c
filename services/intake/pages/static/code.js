// A letter's or a mail's link holds its code behind the `#`, which browsers keep to themselves: put it into the form, and out
// of sight. A link that is opened where this page stands already changes the `#` alone.
const field = document.getElementById("at-code");

function take() {
  const given = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!field || !given) return;
  field.value = given.slice(0, 100);
  history.replaceState(null, "", location.pathname);
  document.getElementById("at-password").focus();
}

addEventListener("hashchange", take);
take();
