import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import type { Command } from 'commander'
import { createProgram } from '../../../src/commands/program.ts'
import { allPages, type Block } from '../../support/pages.ts'

const SHELLS: readonly string[] = ['sh', 'bash', 'console']

const BLOCKS = allPages().flatMap(({ blocks }) =>
  blocks.filter(({ language }) => SHELLS.includes(language)),
)

/** Where a command can begin: in a line, behind what it gets in its environment, in a pipe or a list. */
const COMMAND = /(?:^|[|;&(])\s*(?:[A-Z_]+=\S+ +)*rauth ([^|;&)>]*)/g

/** Command lines of rauth in a block: the words behind `rauth`, up to what ends a command. */
function rauthLines({ text, language }: Block): readonly (readonly string[])[] {
  const lines = text.replaceAll(/\\\n\s*/g, ' ').split('\n')
  const typed =
    language === 'console'
      ? lines.flatMap((line) => /^\$ (.*)/.exec(line)?.[1] ?? [])
      : lines.map((line) => line.replace(/(?:^| )# .*$/, ''))
  return typed.flatMap((line) =>
    [...line.matchAll(COMMAND)].map(([, rest = '']) => rest.trim().split(/\s+/)),
  )
}

/** What rauth itself does not know of a command line. */
function unknownIn(words: readonly string[]): readonly string[] {
  let command: Command = createProgram()
  const unknown: string[] = []
  for (const [index, word] of words.entries()) {
    const below = command.commands.find((one) => one.name() === word)
    if (below !== undefined) command = below
    else if (index === 0 && !word.startsWith('-')) unknown.push(word)
    else if (/^-./.test(word) && !knows(command, word)) unknown.push(word)
  }
  return unknown
}

function knows(command: Command, word: string): boolean {
  const [flag = ''] = word.split('=')
  const known = command.createHelp().visibleOptions(command)
  return known.some(({ long, short }) => flag === long || flag === short)
}

describe('the commands in the pages', () => {
  it('are many', () => {
    assert.ok(BLOCKS.flatMap(rauthLines).length > 40)
  })

  it('are ones that a shell can read', () => {
    for (const { place, text, language } of BLOCKS) {
      if (language === 'console') continue
      const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
      assert.equal(status, 0, `${place}: ${stderr}`)
    }
  })

  for (const block of BLOCKS) {
    for (const words of rauthLines(block)) {
      it(`${block.place}: rauth ${words.join(' ')}`, () => {
        assert.deepEqual(unknownIn(words), [])
      })
    }
  }
})
