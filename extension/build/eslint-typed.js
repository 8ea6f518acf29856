// @ts-check
// ESLint rule `typed/no-any`: a JSDoc type never says `any`, which would switch the type checker off for the value.

const TAG = /@\w+\s*\{/g;
const ANY = /(?<![\w."'-])any(?![\w"'-])/;

/** @param {string} comment @returns {string[]} the types of its tags, each up to the brace that closes it */
function typesIn(comment) {
  return [...comment.matchAll(TAG)].map(({ index, 0: tag }) => {
    const start = index + tag.length;
    let depth = 1;
    let end = start;
    for (; depth > 0 && end < comment.length; end += 1) depth += { "{": 1, "}": -1 }[comment[end]] ?? 0;
    return comment.slice(start, end);
  });
}

/** @type {import("eslint").Rule.RuleModule} */
const noAny = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      any: "Name the type (extension/generated/contract-types.d.ts may hold it), or say unknown and narrow it.",
    },
  },
  create(context) {
    return {
      Program() {
        for (const { type, value, loc } of context.sourceCode.getAllComments()) {
          if (type !== "Block" || !value.startsWith("*") || !loc) continue;
          if (typesIn(value).some((text) => ANY.test(text))) context.report({ loc, messageId: "any" });
        }
      },
    };
  },
};

export default { rules: { "no-any": noAny } };
