import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ANSWERS,
  getsNothing,
  OWN,
  pushesAndPullsItsOwn,
  SECRET,
  startBehind,
  waysTo,
  type Behind,
} from '../../support/behind.ts'
import { startFront, type Front } from '../../support/fronts.ts'
import { ask, fetchToken } from '../../support/http.ts'

/** nginx, with what ingress-nginx makes of the example's annotations. */

describe('behind what ingress-nginx makes of the example', () => {
  let behind: Behind
  let front: Front
  before(async () => {
    behind = await startBehind({ name: 'ingress-nginx', proxy: 'ingress-nginx' })
    front = behind.front
  })
  after(() => behind.stop())

  const attempt: Behind['attempt'] = (path, question) => behind.attempt(path, question)

  it('crane pushes and pulls its own, and not what is another’s', async () => {
    await pushesAndPullsItsOwn(front)
  })

  it('challenges, and says what nginx can: 401, 403, and nothing of why', async () => {
    const challenged = await ask(front.entry, OWN)
    assert.equal(challenged.status, 401)
    assert.equal(
      challenged.headers['www-authenticate'],
      `Bearer realm="http://localhost:${front.entry}/token",service="${front.stack.service}",scope="repository:team-a/app:pull"`,
    )
    // A 401 is the one of them that it passes on.
    for (const [method, path] of ANSWERS.filter(([, , status]) => status !== 401)) {
      const answer = await attempt(path, { method })
      assert.equal(answer.status, 403, path)
      assert.match(answer.headers['content-type'] ?? '', /^text\/html/)
    }
    assert.equal((await attempt('/elsewhere')).status, 404)
  })

  it('reads nothing of another, by whatever path', async () => {
    const internal = `/_external-auth-${Buffer.from('/v2-0').toString('base64url')}`
    for (const path of [...waysTo(behind.target), internal]) {
      for (const method of ['GET', 'HEAD', 'DELETE']) {
        await getsNothing(`${method} ${path}`, attempt(path, { method }))
      }
    }
  })

  it('is told by no header of the client which request it judges, nor who asked', async () => {
    for (const name of [
      'x-original-uri',
      'x-original-url',
      'x-forwarded-uri',
      'x-original-method',
    ]) {
      for (const value of [OWN, [OWN, OWN], `http://localhost:${front.entry}${OWN}`]) {
        const answer = await attempt(SECRET, { headers: { [name]: value } })
        assert.equal(answer.status, 403, `${name}: ${String(value)}`)
      }
    }
  })

  it('lists to each the repositories that it may pull', async () => {
    const { body } = await attempt('/v2/_catalog')
    assert.deepEqual(JSON.parse(body), { repositories: ['team-a/app'] })
  })

  it('is closed while rauth is away', async () => {
    await front.stack.killRauth()
    assert.equal((await attempt(OWN)).status, 500)
    await front.stack.startRauth()
    assert.equal((await attempt(OWN)).status, 200)
  })
})

describe('behind ingress-nginx without the annotation auth-method', () => {
  let front: Front
  before(async () => {
    front = await startFront({
      ...{ name: 'ingress-nginx', proxy: 'ingress-nginx' },
      change: ['nginx.ingress.kubernetes.io/auth-method: GET', ''],
    })
  })
  after(() => front.stop())

  it('nobody gets anything, also not by saying what was asked for', async () => {
    const { entry, stack } = front
    const scope = 'repository:team-a/app:pull'
    const token = await fetchToken(entry, stack.login('team-a'), stack.service, scope)
    const authorization = `Bearer ${token}`
    assert.equal((await ask(entry, OWN, { headers: { authorization } })).status, 403)
    const own = await ask(entry, OWN, { headers: { authorization, 'x-original-uri': OWN } })
    assert.equal(own.status, 404, 'the client tells the truth: there is no such repository')
    const headers = { authorization, 'x-original-uri': OWN }
    assert.equal((await ask(entry, SECRET, { headers })).status, 403)
    assert.match(await stack.rauthLog(), /set the annotation auth-method/)
  })
})
