const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/**
 * Whether an object in a JSON text has a key twice: JSON.parse takes the last and says nothing, and
 * others take the first. The text must be JSON.
 */
export function hasRepeatedKey(json: string): boolean {
  const open: Set<string>[] = []
  let last = ''
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      // Escapes spell one key in several ways.
      const key = String(JSON.parse(last))
      if (open.at(-1)?.has(key) === true) return true
      open.at(-1)?.add(key)
    } else last = token
  }
  return false
}
