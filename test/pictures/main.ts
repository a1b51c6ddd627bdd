import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openBrowser } from '../support/live-view/browser.ts'
import { startScene } from '../support/live-view/scene.ts'
import { until } from '../support/until.ts'

/** `node tools/run.mjs pictures`: the live view as the pages show it, in docs/pictures. */

/** The repository, from dist/test/pictures. */
const FOLDER = path.resolve(import.meta.dirname, '../../../docs/pictures')

/** Seconds of what clients do, for the minute that the page shows. */
const SECONDS = 40

/** A picture is loaded with each page that has it, bytes. */
const MOST_BYTES = 200 * 1024

const say = (line: string) => process.stderr.write(`${line}\n`)

const scene = await startScene()
const opened = await openBrowser(say)
try {
  say(`${SECONDS} s of requests`)
  for (let second = 0; second < SECONDS; second += 1) {
    await scene.play(1 + ((second * 7) % 5))
    await sleep(1000)
  }
  await mkdir(FOLDER, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await opened.browser.newPage({
      colorScheme,
      viewport: { width: 1280, height: 800 },
    })
    await page.goto(scene.url)
    await page.locator('#rows tr.refused').first().waitFor()
    await page.locator('#rule-rows tr').first().waitFor()
    await page.getByLabel('Outcome').selectOption('denied')
    await until('only those', 20_000, async () => {
      const [others, denied] = await Promise.all(
        ['.allowed', '.refused'].map((kind) => page.locator(`#rows tr${kind}`).count()),
      )
      return others === 0 && (denied ?? 0) > 6
    })
    const file = path.join(FOLDER, `live-view-${colorScheme}.png`)
    await page.screenshot({ path: file })
    const { size } = await stat(file)
    if (size > MOST_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MOST_BYTES}`)
    process.stdout.write(`${file}\t${size}\n`)
    await page.close()
  }
} finally {
  await opened.close()
  await scene.stop()
}
