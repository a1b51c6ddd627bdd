const form = document.getElementById('login')
const token = document.getElementById('token')
const problem = document.getElementById('problem')
const button = form.querySelector('button')

/** In a header: it is in no URL, no history and no body that a proxy keeps. */
async function logIn() {
  const headers = { Authorization: `Bearer ${token.value.trim()}` }
  const response = await fetch('login', { method: 'POST', headers })
  if (response.ok) {
    location.reload()
    return
  }
  const { error } = await response.json()
  problem.textContent = error
  token.select()
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  problem.textContent = ''
  button.disabled = true
  logIn()
    .catch((error) => {
      problem.textContent = `rauth can't be reached: ${error.message}`
    })
    .finally(() => {
      button.disabled = false
    })
})
token.focus()
