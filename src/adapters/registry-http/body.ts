/** The text of an answer; `undefined` if it is longer than so many bytes, and then it is cut off. */
export async function readBody(response: Response, most: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += (chunk as Uint8Array).length
    // Leaving the loop cancels the rest.
    if (length > most) return undefined
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks).toString('utf8')
}
