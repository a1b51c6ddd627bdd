import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { installParts } from '../../../tools/parts/install.ts'

export interface OpenBrowser {
  readonly browser: Browser
  close(): Promise<void>
}

/** A real Chromium without a window. Its sandbox would need rights that a container lacks; it sees no page but ours. */
export async function openBrowser(progress?: (line: string) => void): Promise<OpenBrowser> {
  const { chromium: executablePath } = await installParts(['chromium'], {
    ...(progress && { progress }),
  })
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rauth-browser-'))
  // Those of the part too, where the system has none.
  const fonts = path.join(path.dirname(executablePath), 'unpacked', 'usr', 'share', 'fonts')
  const fontsFile = path.join(folder, 'fonts.conf')
  await writeFile(fontsFile, fontsConfig([fonts, '/usr/share/fonts'], folder))
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu'],
    env: { ...process.env, FONTCONFIG_FILE: fontsFile },
  })
  return {
    browser,
    async close() {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The same font everywhere, so that pictures look alike. */
function fontsConfig(folders: readonly string[], cache: string): string {
  const alias = (family: string, font: string) =>
    `<alias binding="strong"><family>${family}</family><prefer><family>${font}</family></prefer></alias>`
  return [
    '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>',
    ...folders.map((folder) => `<dir>${folder}</dir>`),
    `<cachedir>${cache}</cachedir>`,
    ...['system-ui', 'sans-serif'].map((family) => alias(family, 'DejaVu Sans')),
    ...['ui-monospace', 'monospace'].map((family) => alias(family, 'DejaVu Sans Mono')),
    '</fontconfig>',
  ].join('\n')
}
