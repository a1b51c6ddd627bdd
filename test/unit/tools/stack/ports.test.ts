import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { createPortPicker, freePort, isFree, isListening } from '../../../../tools/stack/ports.ts'

describe('ports', () => {
  it('are free, or are not', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    assert.equal(await isFree(port), false)
    assert.equal(await isListening(port), true)
    const other = await createPortPicker([])(port)
    assert.notEqual(other, port)
    server.close()
    await once(server, 'close')
    assert.equal(await isFree(port), true)
    assert.equal(await isListening(port), false)
  })

  it('are given once, even while nobody listens yet', async () => {
    const port = await freePort()
    const pick = createPortPicker([port])
    const given = [await pick(port), await pick(port), await pick(port)]
    assert.equal(new Set([port, ...given]).size, 4)
  })

  it('are given once, also to processes that run side by side', async () => {
    // Both are alive until both were given theirs: what one was given is free again when it ends.
    const module = import.meta.resolve('../../../../tools/stack/ports.js')
    const program = `
      import { freePort } from ${JSON.stringify(module)}
      const given = []
      while (given.length < 600) given.push(await freePort())
      process.send(given)
      process.on('disconnect', () => process.exit())`
    const processes = [1, 2].map(() =>
      spawn(process.execPath, ['--input-type=module', '--eval', program], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    )
    try {
      const given = await Promise.all(processes.map((child) => once(child, 'message')))
      const ports = given.flatMap(([list]) => list as number[])
      assert.equal(ports.length, 1_200)
      assert.equal(new Set(ports).size, ports.length)
    } finally {
      for (const child of processes) child.disconnect()
    }
  })

  it('are the preferred ones when these are free', async () => {
    const port = await freePort()
    assert.equal(await createPortPicker([])(port), port)
  })
})
