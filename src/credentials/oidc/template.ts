/** The claims of an identity token, verified. */
export type TokenClaims = Readonly<Record<string, unknown>>

/** A text with the values of claims in it: `github:${repository}`. */
export interface Template {
  readonly source: string
  readonly pieces: readonly (
    | { readonly kind: 'literal'; readonly text: string }
    | { readonly kind: 'claim'; readonly name: string }
  )[]
}

const PLACEHOLDER = /\$\{([^{}]+)\}/g

/** What is wrong with a template, in words that follow it. */
export function templateFlaw(source: string): string | undefined {
  return source.replaceAll(PLACEHOLDER, '').includes('${')
    ? 'has a placeholder without an end or a name: write ${claim}'
    : undefined
}

export function parseTemplate(source: string): Template {
  const pieces: Template['pieces'][number][] = []
  let end = 0
  for (const { 0: whole, 1: name = '', index } of source.matchAll(PLACEHOLDER)) {
    if (index > end) pieces.push({ kind: 'literal', text: source.slice(end, index) })
    pieces.push({ kind: 'claim', name })
    end = index + whole.length
  }
  if (end < source.length) pieces.push({ kind: 'literal', text: source.slice(end) })
  return { source, pieces }
}

/** The text that a template comes to; `undefined` where a claim is missing, empty, or no one value. */
export function fill({ pieces }: Template, claims: TokenClaims): string | undefined {
  let text = ''
  for (const piece of pieces) {
    const value = piece.kind === 'literal' ? piece.text : scalar(claimAt(claims, piece.name))
    if (value === undefined) return undefined
    text += value
  }
  return text
}

/** The same, where a template that is one claim and nothing else has each value of a list. */
export function fillEach(template: Template, claims: TokenClaims): readonly string[] {
  const [only] = template.pieces
  if (template.pieces.length === 1 && only?.kind === 'claim') return valuesAt(claims, only.name)
  const one = fill(template, claims)
  return one === undefined ? [] : [one]
}

/** The values of a claim: texts, numbers, true and false, or a list of these. Of anything else: none. */
export function valuesAt(claims: TokenClaims, name: string): readonly string[] {
  const value = claimAt(claims, name)
  if (!Array.isArray(value)) return [value].flatMap((one) => scalar(one) ?? [])
  const values = value.map(scalar)
  return values.every((one) => one !== undefined) ? values : []
}

/** A claim by its name, or by a path of names with slashes: `kubernetes.io/namespace`. */
function claimAt(claims: TokenClaims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const step of name.split('/')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (!Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

function scalar(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : value
    case 'boolean':
      return String(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined
    default:
      return undefined
  }
}
