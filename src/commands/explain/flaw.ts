import { readCheckJson } from '../../adapters/ext-authz/check-json.ts'
import { parseScopes } from '../../registry/scope.ts'
import { argumentName } from '../asking/argument-name.ts'
import { readJsonText } from '../asking/json-text.ts'

const WANTED =
  'name a file with a CheckRequest as Envoy or grpcurl print it, or say a scope such as repository:team-a/app:pull'

/** What nobody types who means anything but a file. */
const FILE_NAME = /^(?:\.{0,2}\/\S*|\S+\.(?:json|ya?ml|txt|jwt|log))$/i

/**
 * Why a text is nothing that can be explained, and what to do. Nothing of it is quoted but a short argument:
 * half a CheckRequest has a token in it, and a Secret a password.
 *
 * @param input The file that the text is of, or `stdin`; nothing: it is an argument.
 */
export function flawOf(text: string, input: string | undefined): string {
  const name = input ?? 'the argument'
  const trimmed = text.trim()
  if (trimmed === '') return `${name} is empty; next: ${WANTED}`
  if (trimmed.startsWith('{')) return jsonFlaw(text, name)
  if (/^(?:bearer\s|eyJ)/i.test(trimmed)) {
    return (
      `${name} looks like a token and is none: three parts in base64url with dots between; next: copy all of ` +
      'it, to the end of the signature'
    )
  }
  if (input === undefined && FILE_NAME.test(trimmed)) {
    return `${argumentName(text)}: there is no such file; next: see from where its name counts, or ${WANTED}`
  }
  const why = scopeFlaw(trimmed)
  return input === undefined
    ? `${argumentName(text)} is no file, no token, no decision id and no scope${why}, such as ` +
        'repository:team-a/app:pull,push; of an image’s name: rauth can-i pull team-a/app:v1'
    : `${name} has no CheckRequest in JSON, no token, no decision id and no scope in it${why}; next: ${WANTED}`
}

function jsonFlaw(text: string, name: string): string {
  const json = readJsonText(text)
  if ('notJsonAt' in json) {
    return (
      `${name}${json.notJsonAt} is not JSON, or it is cut short there; next: copy all of the CheckRequest, to ` +
      'its last }'
    )
  }
  const check = readCheckJson(json.value)
  const missing = 'missing' in check ? check.missing : ''
  return (
    `${name} is no CheckRequest: it has no object "${missing}"; next: give it all of the message that Envoy or ` +
    'grpcurl print, {"attributes":{"request":{"http":…}}}'
  )
}

/** Of what begins as a scope does. */
function scopeFlaw(text: string): string {
  if (!/^[a-z]+(?:\([a-z]+\))?:\S/.test(text)) return ''
  const scopes = parseScopes(text.split(/\s+/))
  return scopes.ok ? '' : ` (${scopes.refusal.detail ?? ''})`
}
