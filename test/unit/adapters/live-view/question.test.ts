import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerQuestion, type Question } from '../../../../src/adapters/live-view/question.ts'

const DIGEST = `sha256:${'7e'.repeat(32)}`

async function asked(repository: string, allowed = true) {
  const questions: Question[] = []
  const fields = new URLSearchParams({ as: 'team-a', actions: 'pull', repository })
  const answer = await answerQuestion((question) => {
    questions.push(question)
    return Promise.resolve({
      allowed,
      notes: [],
      explanation: { granted: [], resources: [] },
    })
  }, fields)
  return { answer, questions }
}

describe('the question of the form', () => {
  const NAMES: readonly (readonly [text: string, name: string, tags: unknown])[] = [
    ['team-a/app', 'team-a/app', 'any'],
    ['team-a/app:v1', 'team-a/app', ['v1']],
    ['app:v1', 'app', ['v1']],
    [`team-a/app@${DIGEST}`, 'team-a/app', []],
    [`team-a/app:v1@${DIGEST}`, 'team-a/app', []],
  ]
  for (const [text, name, tags] of NAMES) {
    it(`is about ${text}`, async () => {
      const { questions } = await asked(text)
      const told = questions.map((one) => [one.requested, one.tags])
      assert.deepEqual(told, [[[{ type: 'repository', name, actions: ['pull'] }], tags]])
    })
  }

  for (const text of ['localhost:5080/team-a/app:v1', 'registry.example:443/team-a/app']) {
    it(`is about no image of another name: ${text}`, async () => {
      const { answer, questions } = await asked(text)
      assert.deepEqual(answer, {
        error: `it begins with a registry: say ${text.replace(/^[^/]+\//, '')}`,
      })
      assert.deepEqual(questions, [])
    })
  }

  it('is about no image of a digest that is cut short', async () => {
    const { answer, questions } = await asked('team-a/app@sha256:7ed9')
    assert.match(JSON.stringify(answer), /no digest: sha256: and 64 hexadecimal digits/)
    assert.deepEqual(questions, [])
  })

  it('says after a no what may have been meant as the registry', async () => {
    const notes = async (allowed: boolean) => {
      const { answer } = await asked(`registry.example/team-a/app@${DIGEST}`, allowed)
      return 'notes' in answer ? answer.notes : undefined
    }
    assert.deepEqual(await notes(true), [])
    assert.deepEqual(await notes(false), [
      `if registry.example is the registry's host, leave it out: team-a/app@${DIGEST}`,
    ])
  })
})
