// The 字 counter in the browser: the twin of contracts/counting.py, where the rule is explained step by step.
// The lists are the same; contracts/examples/counting.json is what both are tested against.
// Without lookbehind and without \p{…}, so that office browsers of some age count alike.

const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LATIN = "A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u024f\\u1e00-\\u1eff";
const JOINER = "\\u200d";
const SKIN = "\\u{1f3fb}-\\u{1f3ff}";
const FLAG = "\\u{1f1e6}-\\u{1f1ff}";
const PICTOGRAPH =
  "\\u2300-\\u23ff\\u25a0-\\u27bf\\u2b00-\\u2bff\\u{1f000}-\\u{1f1e5}\\u{1f200}-\\u{1faff}";
const CJK =
  "\\u1100-\\u115e\\ua960-\\ua97f\\u2460-\\u24ff" +
  "\\u2e80-\\u2fff\\u3001-\\u3029\\u3030-\\u3098\\u309b-\\u3163\\u3165-\\ua4cf" +
  "\\uac00-\\ud7a3\\ue000-\\uf8ff\\uf900-\\ufaff" +
  "\\ufe10-\\ufe1f\\ufe30-\\ufe6f\\uff01-\\uff9f\\uffa1-\\uffee\\ufffd" +
  "\\u{16fe0}-\\u{18cff}\\u{18d00}-\\u{18dff}\\u{1aff0}-\\u{1b2ff}\\u{1d300}-\\u{1d37f}" +
  "\\u{20000}-\\u{3fffd}\\u{f0000}-\\u{10fffd}";
const CHINESE_PUNCTUATION = "\\u00b7\\u0387\\u2014\\u2015\\u2018\\u2019\\u201c\\u201d\\u2025-\\u2027\\u22ef";
const INVISIBLE =
  "\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f" +
  "\\u00ad\\u061c\\u115f\\u180b-\\u180f\\u200b\\u200c\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f" +
  "\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb" +
  "\\u0300-\\u036f\\u0483-\\u0489\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\u302a-\\u302f\\u3099\\u309a" +
  "\\ufe20-\\ufe2f\\u1160-\\u11ff\\ud7b0-\\ud7ff\\ufe00-\\ufe0f\\u{e0000}-\\u{e0fff}";
const WIDE = CJK + PICTOGRAPH + CHINESE_PUNCTUATION;

const of = (source) => new RegExp(source, "gu");
const HALF_PAIR = of("[\\ud800-\\udfff]"); // in Unicode mode whole pairs do not match
const WITHOUT_WIDTH = of(`[${INVISIBLE}]+`);
const SAME_PICTOGRAPH = of(`([${PICTOGRAPH}])(?:[${SKIN}]|${JOINER}[${PICTOGRAPH}])+`);
const JOINERS = of(JOINER);
const FLAG_PAIR = of(`[${FLAG}]{1,2}`);
const APOSTROPHE = of(`([${LATIN}])\\u2019(?=[${LATIN}])`);
const RUN = of(`[^${SPACE}${WIDE}]+`);
const SPACES = of(`[${SPACE}]+`);

/** Number of 字 in `text`, exactly as the server counts. */
export function countZi(text) {
  let runs = 0;
  const wide = text
    .replace(HALF_PAIR, "\ufffd")
    .replace(WITHOUT_WIDTH, "")
    .replace(SAME_PICTOGRAPH, "$1")
    .replace(JOINERS, "")
    .replace(FLAG_PAIR, "\u25a0")
    .replace(APOSTROPHE, "$1'")
    .replace(RUN, () => {
      runs += 1;
      return "";
    })
    .replace(SPACES, "");
  for (const _ of wide) runs += 1; // by characters, not by halves of pairs
  return runs;
}
