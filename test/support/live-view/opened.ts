import assert from 'node:assert/strict'
import { listenHttp, type Listener } from '../../../src/adapters/listen.ts'
import { createLiveFeed, type LiveFeed } from '../../../src/adapters/live-view/live-feed.ts'
import {
  LIVE_VIEW,
  createLiveView,
  type LiveViewOptions,
} from '../../../src/adapters/live-view/live-view.ts'
import { createOperationsServer } from '../../../src/adapters/ops/server.ts'
import { createPolicy } from '../../../src/policy/policy.ts'

export interface OpenedLiveView {
  readonly feed: LiveFeed
  readonly port: number
  close(): Promise<void>
}

/** A live view on an operations port of its own, of no rauth; parts of its options over those of nothing. */
export async function openLiveView(
  options: Partial<LiveViewOptions> = {},
): Promise<OpenedLiveView> {
  const feed = options.feed ?? createLiveFeed(() => Date.now())
  const liveView = createLiveView({
    ...{ feed, process: 'this-process', about: { host: 'here' }, health: () => ({}) },
    ...{ token: () => Promise.resolve(undefined), clock: () => Date.now() / 1000 },
    ...{
      now: () => Date.now(),
      findDecision: () => undefined,
      ask: () => Promise.resolve(undefined),
    },
    tables: { namespaces: () => [], keys: () => [], policy: () => createPolicy([]) },
    onFailure: (thrown) => assert.fail(String(thrown)),
    ...options,
  })
  const server = createOperationsServer({
    routes: [],
    morePaths: [LIVE_VIEW],
    more: (request, response) => liveView.handle(request, response),
    onFailure: (thrown) => assert.fail(String(thrown)),
  })
  const listener: Listener = await listenHttp(server, { host: '127.0.0.1', port: 0 })
  return {
    ...{ feed, port: listener.port },
    async close() {
      liveView.close()
      await listener.close(0)
    },
  }
}
