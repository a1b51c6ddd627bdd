import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerQuestion, type Question } from '../../../../src/adapters/live-view/question.ts'

async function asked(repository: string) {
  const questions: Question[] = []
  const fields = new URLSearchParams({ as: 'team-a', actions: 'pull', repository })
  const answer = await answerQuestion((question) => {
    questions.push(question)
    return Promise.resolve({
      allowed: true,
      notes: [],
      explanation: { granted: [], resources: [] },
    })
  }, fields)
  return { answer, questions }
}

describe('the question of the form', () => {
  const NAMES: readonly (readonly [text: string, name: string, tags: readonly string[]])[] = [
    ['team-a/app', 'team-a/app', []],
    ['team-a/app:v1', 'team-a/app', ['v1']],
    ['app:v1', 'app', ['v1']],
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
      assert.deepEqual(answer, { error: `leave the registry out: ${text.replace(/^[^/]+\//, '')}` })
      assert.deepEqual(questions, [])
    })
  }
})
