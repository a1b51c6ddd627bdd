/** What kept rauth from starting, of what it wrote to stderr: the text in a line of JSON, and other lines as they are. */
export function startError(stderr: string): string {
  return stderr.replace(
    /^\{.*"msg":"rauth did not start".*\}$/gm,
    (line) => (JSON.parse(line) as { readonly error: string }).error,
  )
}
