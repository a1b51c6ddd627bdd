export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** `-rc.1` and the like, which come before the version that they name. */
  readonly prerelease: boolean
}

/**
 * How far a program may be from the pinned version and still do. `major`: a newer minor is as good,
 * as for clients and Envoy; `minor`: the line itself is what we test against, as for registry 2.8; `newer`:
 * so is any newer one, as of a browser, of which Debian keeps no other.
 */
export type Tolerance = 'major' | 'minor' | 'newer'

/** Debian's own revision, `-1+deb12u4`, is no prerelease. */
const VERSION = /(?<![\w.-])v?(\d+)\.(\d+)\.(\d+)(-(?!\d+\+deb)[0-9A-Za-z])?/g

/** A whole line of jq's, `jq-1.6`: the third number is there only where it is not 0. */
const SHORT = /^[a-z]+-(\d+\.\d+)(\.\d+)?$/

/**
 * The version in what a program prints about itself. Of its first line the last one counts: some
 * print the path that they were called by before it, and our own paths hold versions too. Versions in
 * parentheses are of something else.
 */
export function parseVersion(printed: string): Version | undefined {
  const line = printed.split('\n').find((text) => text.trim() !== '') ?? ''
  const match = [
    ...line
      .replace(SHORT, (_, minor: string, patch = '.0') => `${minor}${patch}`)
      .replaceAll(/\([^)]*\)/g, '')
      .matchAll(VERSION),
  ].at(-1)
  if (match === undefined) return undefined
  const [, major, minor, patch, prerelease] = match
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    prerelease: prerelease !== undefined,
  }
}

/** Whether a found version can stand in for the pinned one. */
export function accepts(pinned: Version, found: Version, tolerance: Tolerance): boolean {
  if (found.major !== pinned.major) return tolerance === 'newer' && found.major > pinned.major
  if (found.minor !== pinned.minor) return tolerance !== 'minor' && found.minor > pinned.minor
  if (found.patch !== pinned.patch) return found.patch > pinned.patch
  return !found.prerelease || pinned.prerelease
}

export function formatVersion({ major, minor, patch, prerelease }: Version): string {
  return `${major}.${minor}.${patch}${prerelease ? ' (a prerelease)' : ''}`
}

/** `1.40.0 or a newer 1.x`: what would be accepted, in words. */
export function acceptedInWords(pinned: string, tolerance: Tolerance): string {
  const [major, minor] = pinned.split('.')
  if (tolerance === 'newer') return `${pinned} or newer`
  return `${pinned} or a newer ${tolerance === 'major' ? `${major ?? ''}.x` : `${major ?? ''}.${minor ?? ''}.x`}`
}
