import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { unusableSecret } from '../../src/credentials/credential.ts'
import { outOfTime } from '../../src/credentials/out-of-time.ts'
import { nextStep } from '../../src/next-steps.ts'

const id = 'team-a/registry-credentials'
const UNUSABLE = unusableSecret(id, 'password is missing')
const ENDED = outOfTime([{ id, notAfter: 1 }], 2) ?? ''
const BEGINS = outOfTime([{ id, notBefore: 3 }], 2) ?? ''

describe('what to do about a login that is refused', () => {
  const CASES = [
    ['credentials_invalid', undefined, /^Compare the user name/],
    ['credentials_invalid', 'wrong password for team-a', /^Compare the user name/],
    ['credentials_invalid', `unknown user name: ${UNUSABLE}`, /^Correct the Secret/],
    ['credentials_invalid', `wrong password for team-b; ${UNUSABLE}`, /^Correct the Secret/],
    ['credentials_invalid', `unknown user name: ${ENDED}`, /^Set a later notAfter/],
    ['credentials_invalid', `unknown user name: ${BEGINS}`, /notBefore/],
    ['too_many_failures', undefined, /^Find the client/],
    ['too_many_failures', `for team-a: ${UNUSABLE}`, /^Correct the Secret/],
    ['access_denied', UNUSABLE, /^See the explanation/],
  ] as const
  for (const [reason, detail, step] of CASES) {
    it(`${reason}: ${detail ?? 'no detail'}`, () => {
      assert.match(nextStep(reason, detail), step)
    })
  }
})
