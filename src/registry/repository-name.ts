/** Longest repository name, as the distribution reference grammar has it. */
const MAX_NAME = 255

/**
 * One path component, OCI distribution-spec "Pulling manifests":
 * `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`. Separators and letters share no character, so matching is
 * linear.
 */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/

/**
 * Whether the text is a repository name of the OCI grammar. distribution takes more (upper case, a
 * host with a port as first component); those are repositories that no namespace owns.
 */
export function isRepositoryName(text: string): boolean {
  return text.length <= MAX_NAME && text.split('/').every((component) => COMPONENT.test(component))
}
