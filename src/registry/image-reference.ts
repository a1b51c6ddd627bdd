import { registryOf } from './registry-host.ts'
import { DIGEST, TAG } from './routes.ts'

/** What of a registry somebody means by `NAME`, `NAME:TAG`, `NAME@DIGEST` or `NAME:TAG@DIGEST`. */
export interface ImageReference {
  /** Of the repository; whether it is in the grammar is for whoever decides about it. */
  readonly name: string
  readonly tag?: string
  /** `ALGORITHM:HEX`; clients then ask for this, and for the tag not at all. */
  readonly digest?: string
  /** What a name begins with that may be a registry's host, and what follows it: repositories may be called so, too. */
  readonly mayBeHost?: { readonly host: string; readonly rest: string }
}

/** Hexadecimal digits of the registered algorithms (OCI image-spec, "Registered algorithms"). */
const HEX: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 }

/** Of a registry with a port or a scheme, which no repository's name has. */
const REGISTRY = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/]*|[^/@]*:[^/]*)\//i

/** An image as people type it (distribution's reference grammar), or what is wrong with it and what to say in its place. */
export function parseImageReference(text: string): ImageReference | { readonly flaw: string } {
  const registry = REGISTRY.exec(text)?.[0]
  if (registry !== undefined) {
    return { flaw: `it begins with a registry: say ${text.slice(registry.length)}` }
  }
  const [named, digest] = split(text, '@')
  const [name, tag] = split(named, ':')
  if (tag !== undefined && !TAG.test(tag)) {
    return { flaw: 'what is behind its : is no tag: letters, digits and . _ -, 128 at most' }
  }
  if (digest !== undefined && !isDigest(digest)) return { flaw: digestFlaw(digest) }
  const host = registryOf(name)
  return {
    name,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(host === undefined
      ? {}
      : { mayBeHost: { host, rest: text.slice(host.length + '/'.length) } }),
  }
}

/**
 * The tags that the requests for it name; without a tag and a digest, `any`: of a token.
 *
 * @param actions What is asked for: nobody can tell which tags a digest has that is deleted (`undefined`).
 */
export function tagsNamed(
  { tag, digest }: ImageReference,
  actions: readonly string[],
): 'any' | readonly string[] | undefined {
  if (digest === undefined) return tag === undefined ? 'any' : [tag]
  return actions.includes('delete') || actions.includes('*') ? undefined : []
}

/** For whoever was told no: the first part may have been meant as the registry. */
export function hostHint({ mayBeHost }: ImageReference): readonly string[] {
  if (mayBeHost === undefined) return []
  return [`if ${mayBeHost.host} is the registry's host, leave it out: ${mayBeHost.rest}`]
}

function split(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function isDigest(text: string): boolean {
  const [algorithm, hex = ''] = split(text, ':')
  const length = Object.hasOwn(HEX, algorithm) ? HEX[algorithm] : undefined
  if (length === undefined) return DIGEST.test(text) && text.includes(':')
  return hex.length === length && /^[a-f0-9]*$/.test(hex)
}

function digestFlaw(text: string): string {
  const [algorithm] = split(text, ':')
  const length = Object.hasOwn(HEX, algorithm) ? HEX[algorithm] : undefined
  const wanted =
    length === undefined
      ? 'ALGORITHM:HEX, such as sha256: and 64 hexadecimal digits'
      : `${algorithm}: and ${length} hexadecimal digits in small letters`
  return `what is behind its @ is no digest: ${wanted}; without a digest the answer is that for all of the repository`
}
