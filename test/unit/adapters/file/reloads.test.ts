import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createReloads } from '../../../../src/adapters/file/reloads.ts'

const PATIENCE = 1000

describe('createReloads', () => {
  let loads: ReturnType<typeof deferred>[]
  let errors: unknown[]

  beforeEach(() => {
    ;[loads, errors] = [[], []]
  })

  /** One whose loads last until the test ends them. */
  const reloads = () => {
    // What an earlier test left hanging is told later, and not to this one.
    const [begun, told] = [loads, errors]
    return createReloads(
      () => {
        const load = deferred()
        begun.push(load)
        return load.promise
      },
      (error) => told.push(error),
      PATIENCE,
    )
  }

  const deferred = () => {
    let [resolve, reject]: [() => void, (reason: unknown) => void] = [() => {}, () => {}]
    const promise = new Promise<void>((onDone, onFail) => {
      ;[resolve, reject] = [onDone, onFail]
    })
    return { promise, resolve, reject }
  }

  /** Ends the load with this number. */
  async function end(index: number, error?: Error): Promise<void> {
    const load = loads[index] ?? assert.fail(`load ${index} did not begin`)
    if (error === undefined) load.resolve()
    else load.reject(error)
    await turn()
  }

  it('loads after a request, one load at a time, and once for all requests during one', async () => {
    const { request } = reloads()
    request()
    await turn()
    for (let i = 0; i < 5; i += 1) request()
    await turn()
    assert.equal(loads.length, 1)
    await end(0)
    assert.equal(loads.length, 2)
    await end(1)
    assert.equal(loads.length, 2)
    request()
    await turn()
    assert.equal(loads.length, 3)
  })

  it('tells what fails, and loads again when asked to', async () => {
    const { request } = reloads()
    const error = new Error('unreadable')
    request()
    await turn()
    await end(0, error)
    assert.deepEqual(errors, [error])
    request()
    await turn()
    assert.equal(loads.length, 2)
  })

  it('ends its first load as that ends, and lets requests wait for it', async () => {
    const { first, request } = reloads()
    const started = first()
    request()
    await turn()
    assert.equal(loads.length, 1)
    await end(0)
    await started
    assert.equal(loads.length, 2)
    assert.deepEqual(errors, [])
  })

  it('begins with another load where one is given, and rejects with its error alone', async () => {
    const { first } = reloads()
    const error = new Error('unreadable')
    await assert.rejects(
      first(() => Promise.reject(error)),
      error,
    )
    assert.deepEqual([loads, errors], [[], []])
  })

  it('tells once of a load that hangs, begins no other beside it, and one after it', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { request } = reloads()
    request()
    await turn()
    t.mock.timers.tick(PATIENCE - 1)
    assert.deepEqual(errors, [])
    t.mock.timers.tick(1)
    assert.match(String(errors), /no answer within 1 s: its file system hangs/)
    for (let i = 0; i < 5; i += 1) {
      request()
      await turn()
      t.mock.timers.tick(PATIENCE)
    }
    assert.deepEqual([loads.length, errors.length], [1, 1])
    await end(0)
    assert.equal(loads.length, 2)
    await end(1)
    t.mock.timers.tick(PATIENCE)
    assert.deepEqual([loads.length, errors.length], [2, 1])
  })

  it('gives a first load up that hangs', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { first } = reloads()
    const started = assert.rejects(first(), /no answer within 1 s/)
    t.mock.timers.tick(PATIENCE)
    await started
  })

  it('begins nothing and tells nothing once it is closed', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { request, close } = reloads()
    request()
    await turn()
    request()
    close()
    t.mock.timers.tick(PATIENCE)
    await end(0, new Error('too late'))
    request()
    await turn()
    assert.deepEqual([loads.length, errors], [1, []])
  })
})
