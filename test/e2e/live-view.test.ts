import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { axeFindings } from '../support/live-view/axe.ts'
import { openBrowser, type OpenBrowser } from '../support/live-view/browser.ts'
import { HOSTILE, startScene, type Scene } from '../support/live-view/scene.ts'
import { until } from '../support/until.ts'

const TOKEN = 'a-token-of-more-than-20-characters'

/** The page as its user has it: in a real Chromium, of a rauth as it ships. */
describe('the live view in a browser', () => {
  let opened: OpenBrowser
  let scene: Scene
  const closing: (() => Promise<void>)[] = []
  const pages: Page[] = []
  /** The live view that asks for a token, where one was. */
  let guardedUrl: string | undefined
  afterEach(() => Promise.all(pages.splice(0).map((page) => page.context().close())))
  /** What any page had to complain of, and at which address: the browser tells it when it comes to it, so it is judged at the end. */
  const complaints: { readonly text: string; readonly url: string }[] = []

  async function open(url = scene.url, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await opened.browser.newContext(options)
    const page = await context.newPage()
    pages.push(page)
    // Its tables are read every 5 s.
    page.setDefaultTimeout(20_000)
    page.on('pageerror', (error) => complaints.push({ text: error.message, url: page.url() }))
    page.on('console', (message) => {
      if (message.type() === 'error') {
        complaints.push({ text: message.text(), url: message.location().url })
      }
    })
    await page.goto(url)
    return page
  }

  before(async () => {
    scene = await startScene()
    closing.push(() => scene.stop())
    opened = await openBrowser()
    closing.push(() => opened.close())
    await scene.play(2)
  })
  after(() => Promise.all(closing.map((close) => close())))

  it('shows decisions as they are made, and why they were denied', async () => {
    const page = await open()
    await page.getByText('live', { exact: true }).waitFor()
    const row = page.locator('#rows tr').first()
    await scene.check('team-b', 'GET', '/v2/shop/new-one/manifests/v1')
    await page.locator('#rows tr', { hasText: 'shop/new-one' }).waitFor()
    const cells = await row.locator('td').allInnerTexts()
    assert.match(cells.join('|'), /refused\s+gateway 403\|team-b\|repository:shop\/new-one:pull\|/)
    assert.match(cells.join('|'), /access_denied\s+requested access to the resource is denied/)
  })

  it('explains one in a dialog: what, where, why and what next, and each rule', async () => {
    const page = await open()
    await scene.check('shop', 'DELETE', '/v2/library/explained/manifests/v1')
    const row = page.locator('#rows tr', { hasText: 'library/explained' })
    const button = row.getByRole('button', { name: /^Details of the decision/ })
    await button.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Decision' })
    await dialog.locator('.facts').waitFor()
    const text = await dialog.innerText()
    assert.match(text, /shop was denied repository:library\/explained:delete\./)
    assert.match(text, /What next\s+See the explanation for the rule that decides/)
    assert.match(text, /delete denied by policy\.yaml:4/)
    assert.match(text, /policy\.yaml:3\s+no match\s+namespace: shop is not platform/)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    assert.match(
      String(await page.evaluate('document.activeElement.getAttribute("aria-label")')),
      /^Details of the decision at .* about repository:library\/explained:delete$/,
    )
  })

  it('filters by what is denied most, by namespace and by text', async () => {
    const page = await open()
    const rows = page.locator('#rows tr')
    await scene.play(1)
    await page.getByRole('button', { name: /× credentials_invalid$/ }).click()
    await until('only these', 20_000, async () => {
      const texts = await rows.allInnerTexts()
      return texts.length > 0 && texts.every((text) => text.includes('credentials_invalid'))
    })
    const reasons = page.getByLabel('Reason')
    assert.equal(await reasons.inputValue(), 'credentials_invalid')
    const listed = await reasons.locator('option').allInnerTexts()
    assert.equal(listed[0], 'any')
    const counts = listed.slice(1).map((one) => Number(/^[a-z_]+ \((\d+)\)$/.exec(one)?.[1]))
    assert.ok(listed.length < 10, `those that there were: ${listed.join()}`)
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => b - a),
    )
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByLabel('Namespace').first().fill('shop')
    await until('only of the namespace', 20_000, async () => {
      const texts = await rows.allInnerTexts()
      return texts.length > 1 && texts.every((text) => text.includes('shop'))
    })
    await page.getByLabel('Text').fill('no such thing')
    await page.getByText('No such decision among the last ones.').waitFor()
  })

  it('waits while it is paused, and then shows what came', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'Pause' }).click()
    await scene.check('team-b', 'GET', '/v2/shop/while-paused/manifests/v1')
    await page.getByText(/^paused, \d+ new/).waitFor()
    assert.equal(await page.getByText('while-paused').count(), 0)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.locator('#rows tr', { hasText: 'while-paused' }).waitFor()
  })

  it('has namespaces with what is wrong, keys with their end, rules that nobody needed', async () => {
    const page = await open()
    await page.locator('#rule-rows tr').first().waitFor()
    const table = async (id: string) =>
      (await page.locator(`#${id} tr`).allInnerTexts()).map((row) => row.replace(/\s+/g, ' '))
    const namespaces = await table('namespace-rows')
    assert.match(namespaces[0] ?? '', /^broken cannot be used username is empty: set it/)
    assert.match(
      namespaces.join('\n'),
      /^shop usable shop shop\/registry-credentials .* ago \d+ \d+/m,
    )
    assert.match((await table('key-rows'))[0] ?? '', /^\S{43} ES256 signs and verifies 20\d\d-/)
    const rules = await table('rule-rows')
    assert.match(
      rules[0] ?? '',
      /^policy\.yaml:2 type repository, name \$\{namespace\}\/\*\*, .* \d+ /,
    )
    assert.match(rules[3] ?? '', /^policy\.yaml:5 .* never $/)
  })

  it('says whether somebody may do something', async () => {
    const page = await open()
    const form = page.locator('#question')
    await form.getByLabel('Who').fill('team-a')
    await form.getByLabel('With repository').fill('team-b/app:v1')
    await page.keyboard.press('Enter')
    const answer = page.locator('#answer')
    await answer.getByText('team-a may not pull team-b/app:v1.').waitFor()
    assert.match(await answer.innerText(), /name: team-b\/app is not \$\{namespace\}\/\*\*/)
    await form.getByLabel('With repository').fill('library/base')
    await page.keyboard.press('Enter')
    await answer.getByText('team-a may pull library/base.').waitFor()
    await form.getByLabel('Who').fill('/')
    await page.keyboard.press('Enter')
    await answer.getByText(/^say a namespace/).waitFor()
  })

  it('shows what clients write as texts, whatever they write', async () => {
    await scene.writeSecret('hostile', { username: HOSTILE, password: 'x'.repeat(20) })
    const page = await open()
    await scene.login(HOSTILE, HOSTILE, `repository:${HOSTILE}:pull`)
    await scene.login('team-a', 'wrong', `repository:shop/${HOSTILE.replaceAll(' ', '')}:pull`)
    await scene.check('team-a', 'GET', `/v2/${HOSTILE}/manifests/${HOSTILE}`)
    await scene.check('team-a', 'GET', '/v2/archive/old/manifests/v1')
    // What the page shows is asked for each 5 s, and may be 2 s old then.
    await page.locator('#namespace-rows tr', { hasText: 'hostile' }).waitFor({ timeout: 20_000 })
    await page.locator('#rows tr', { hasText: 'onerror=' }).first().waitFor()
    for (const button of await page
      .locator('#rows tr', { hasText: 'archive' })
      .getByRole('button')
      .all()) {
      await button.click()
      await page.getByRole('dialog').getByText('onerror=').first().waitFor()
      await page.keyboard.press('Escape')
    }
    await page.locator('#question').getByLabel('Who').fill(HOSTILE)
    await page.locator('#question').getByLabel('With repository').fill(HOSTILE)
    await page.locator('#question').getByRole('button').click()
    await page.locator('#answer').getByText('onerror=').first().waitFor()
    assert.equal(await page.evaluate(`'pwned' in globalThis`), false)
    assert.equal(await page.locator('img, iframe, body script').count(), 0)
  })

  for (const [name, options] of Object.entries({
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    'on a small screen': { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' },
  } as const)) {
    it(`is for everybody, ${name}`, async () => {
      const page = await open(scene.url, options)
      await page.locator('#rule-rows tr').first().waitFor()
      await page.locator('#rows button').first().waitFor()
      assert.deepEqual(await axeFindings(page), [])
      if (name === 'on a small screen') await isCards(page)
      const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert.ok(Number(wider) <= 0, `${String(wider)} pixels too wide`)
      if (name === 'dark') return
      await page.locator('#rows button').first().click()
      await page.locator('#details .facts').waitFor()
      assert.deepEqual(await axeFindings(page, '#details'), [])
    })
  }

  /** Each row is seen from side to side, each cell with the name of its column, and none is taller than its text. */
  async function isCards(page: Page): Promise<void> {
    for (const id of ['rows', 'namespace-rows', 'key-rows', 'rule-rows']) {
      const wider = await page.evaluate(
        `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.getElementById('${id}').closest('.scroll'))`,
      )
      assert.equal(wider, 0, id)
      const cell = page.locator(`#${id}`).getByRole('cell').first()
      assert.match((await cell.getAttribute('data-label')) ?? '', /^[A-Z]/, id)
    }
    const empty = await page.evaluate(
      `(({ clientHeight, children }) => [...children].reduce((left, one) => left - one.clientHeight, clientHeight))(document.querySelector('#key-rows tr'))`,
    )
    assert.ok(Number(empty) < 20, `${String(empty)} pixels with nothing in them`)
  }

  it('is read out now and then, and not while it is paused', async () => {
    const page = await open()
    await scene.check('team-a', 'GET', '/v2/team-b/read-out/manifests/v1')
    const heard = page.locator('#announce[aria-live=polite]')
    await until('read out', 20_000, async () => /denied, the last: /.test(await heard.innerText()))
  })

  it('asks for the token where there is one, and keeps it out of every address', async () => {
    const guarded = await startScene({ token: TOKEN })
    guardedUrl = guarded.url
    try {
      const page = await open(guarded.url)
      assert.deepEqual(await axeFindings(page), [])
      await page.getByLabel('Token').fill('not the token')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('log in with the token').waitFor()
      await page.getByLabel('Token').fill('not-the-token')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('this is not the token').waitFor()
      const urls: string[] = []
      page.on('request', (request) => urls.push(request.url()))
      await page.getByLabel('Token').fill(TOKEN)
      await page.keyboard.press('Enter')
      await page.getByText('live', { exact: true }).waitFor()
      assert.deepEqual(
        urls.filter((url) => url.includes(TOKEN)),
        [],
      )
      assert.equal(await page.evaluate('document.cookie'), '')
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.getByLabel('Token').waitFor()
    } finally {
      await guarded.stop()
    }
  })

  it('had nothing to complain of: no script failed, and nothing was kept from loading', () => {
    // A refused question and a refused token: what a browser says of such an answer is no fault of the page's.
    const others = complaints.filter(
      ({ text, url }) =>
        !/status of 400/.test(text) &&
        !(/status of 401/.test(text) && guardedUrl !== undefined && url.startsWith(guardedUrl)),
    )
    assert.deepEqual(others, [])
  })
})
