/** Longer than every registered method, and nothing that would look strange in a log. */
const METHOD = /^[A-Za-z-]{1,32}$/

/** Whether the text can be a method at all: others are neither judged nor logged. */
export function isMethod(text: string): boolean {
  return METHOD.test(text)
}
