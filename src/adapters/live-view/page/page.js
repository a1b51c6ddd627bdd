import { createAsk } from './ask.js'
import { createDecisions } from './decisions.js'
import { createDetails } from './details.js'
import { byId, getJson } from './dom.js'
import { createNow } from './now.js'
import { createReasons } from './reasons.js'
import { createStream } from './stream.js'
import { createTables } from './tables.js'

const filter = byId('filter')
const details = createDetails()
const decisions = createDecisions((id) => details.show(id))

const reasons = createReasons(filter.elements.reason)
const now = createNow((reason) => {
  reasons.choose(reason)
  filter.elements.outcome.value = ''
  follow()
  byId('decisions').focus()
})

const connection = byId('connection')
const stream = createStream({
  decisions: (batch) => decisions.add(batch),
  now(state) {
    now.show(state)
    reasons.show(state.seen)
  },
  state(name, words) {
    connection.dataset.state = name
    connection.textContent = words
  },
})

/** Shows what the filter says, from what there is on. */
function follow() {
  decisions.clear()
  stream.open(new URLSearchParams(new FormData(filter)))
}

let typing
filter.addEventListener('input', () => {
  clearTimeout(typing)
  typing = setTimeout(follow, 300)
})
filter.addEventListener('reset', () => setTimeout(follow))
filter.addEventListener('submit', (event) => event.preventDefault())

byId('logout').addEventListener('click', async () => {
  await fetch('logout', { method: 'POST' })
  location.reload()
})

function showAbout({ host, version, role, service, realm, login }) {
  byId('about').textContent =
    `${host}, version ${version}, role ${role}, for ${service} at ${realm}`
  document.title = `${host}: rauth live view`
  byId('logout').hidden = !login
}

stream.open(new URLSearchParams(new FormData(filter)))
getJson('about')
  .then(showAbout)
  .catch((error) => {
    byId('about').textContent = error.message
  })
createTables()
createAsk()
