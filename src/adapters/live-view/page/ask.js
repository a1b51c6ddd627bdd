import { byId, element, getJson } from './dom.js'
import { explanationOf } from './explanation.js'

/** The form that asks whether somebody may do something. */
export function createAsk() {
  const [form, answer] = ['question', 'answer'].map(byId)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    getJson(`ask?${new URLSearchParams(new FormData(form))}`)
      .then(({ allowed, sentence, because, notes, explanation }) =>
        answer.replaceChildren(
          element(
            'p',
            { class: 'sentence' },
            element(
              'span',
              { class: `outcome ${allowed ? 'allowed' : 'refused'}` },
              yesOrNo(allowed),
            ),
            ` ${sentence} `,
            because.join('; '),
          ),
          ...notes.map((note) => element('p', { class: 'help' }, `Note: ${note}`)),
          ...explanationOf(explanation),
        ),
      )
      .catch((error) => answer.replaceChildren(element('p', { class: 'alert' }, error.message)))
  })
}

function yesOrNo(allowed) {
  return allowed ? 'yes' : 'no'
}
