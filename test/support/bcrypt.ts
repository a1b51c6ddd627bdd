import bcrypt from 'bcrypt'

/** The name of a variant; they differ in nothing but bugs of long ago. */
export type Variant = '2a' | '2b' | '2y'

/** A bcrypt hash as some maker of that variant writes it. */
export function hashSync(
  password: string,
  { cost, version = '2b' }: { readonly cost: number; readonly version?: Variant },
): string {
  return `$${version}$${bcrypt.hashSync(password, cost).slice('$2b$'.length)}`
}

export function hash(...given: Parameters<typeof hashSync>): Promise<string> {
  return Promise.resolve(hashSync(...given))
}
