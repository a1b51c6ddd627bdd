import { getJson } from './dom.js'

/** How long after a failure that the browser does not repair itself it is tried again, milliseconds. */
const AGAIN = 5_000

/**
 * What rauth tells, as it tells it: `decisions` and `now` are called with each message, `state` with how the
 * connection is. After a break it goes on where it was.
 */
export function createStream({ decisions, now, state }) {
  let source
  let again

  function open(query) {
    clearTimeout(again)
    source?.close()
    source = new EventSource(`stream?${query}`)
    state('connecting', 'connecting')
    source.addEventListener('open', () => state('live', 'live'))
    source.addEventListener('decisions', ({ data }) => decisions(JSON.parse(data)))
    source.addEventListener('now', ({ data }) => now(JSON.parse(data)))
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) {
        state('lost', 'connection lost, trying again')
        return
      }
      again = setTimeout(() => open(query), AGAIN)
      state('lost', 'no connection, trying again')
      // Why not is in no event of a stream's; this also finds a login that is over.
      getJson('about').catch((error) => state('lost', error.message))
    })
  }

  return { open }
}
