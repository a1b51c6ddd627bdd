import { failureText, type JudgedCase } from './words.ts'

/** The form that CI systems read: one suite, a test case for each. */
export function junitOf(judged: readonly JudgedCase[]): string {
  const failures = judged.filter(({ differences }) => differences.length > 0).length
  const counts = `name="rauth policy" tests="${judged.length}" failures="${failures}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite ${counts}>`,
    ...judged.map(caseOf),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function caseOf(judged: JudgedCase): string {
  const { name, where } = judged.written
  const at = where.lastIndexOf(':')
  const [file, line] = [where.slice(0, at), where.slice(at + 1)]
  const begin = `    <testcase name="${escaped(name)}" classname="${escaped(file)}" file="${escaped(file)}" line="${line}"`
  if (judged.differences.length === 0) return `${begin}/>`
  const what = judged.differences.map(({ what: key }) => key).join(', ')
  return `${begin}><failure message="${what}">${escaped(failureText(judged))}</failure></testcase>`
}

/** Characters that mean something to XML, and those that no XML may have. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`)
    .replace(/[^\P{Cc}\n\t]/gu, '\ufffd')
}
