import assert from 'node:assert/strict'
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

  it('are the preferred ones when these are free', async () => {
    const port = await freePort()
    assert.equal(await createPortPicker([])(port), port)
  })
})
