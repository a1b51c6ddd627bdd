import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { makeCliFolder, type CliFolder } from '../support/cli-folder.ts'
import { run } from '../support/run.ts'

/** What is offered behind these words, the last of them begun. */
const CASES: readonly (readonly [
  words: string,
  offered: readonly string[],
  not: readonly string[],
])[] = [
  ['rauth ', ['serve', 'keys', 'can-i', 'explain', 'policy', 'doctor', '--version'], ['init']],
  ['rauth ke', ['keys'], ['serve']],
  ['rauth keys ', ['init', 'rotate', 'list', 'jwks', 'bundle', 'public'], ['serve']],
  ['rauth keys list --o', ['--output'], ['--directory']],
  ['rauth keys list --output ', ['table', 'json'], ['--output']],
  ['rauth keys list -o j', ['json'], ['table']],
  ['rauth policy ', ['test', 'lint'], []],
  ['rauth schema ', ['config', 'policy', 'users', 'cases'], []],
  ['rauth can-i pull team-a/app --a', ['--as', '--anonymous', '--at'], ['--ip']],
]

/** A script that prints, in its shell, what is offered; `rauth.completion` is in the folder. */
const SHELLS: Readonly<Record<string, (words: readonly string[]) => string>> = {
  bash: (words) =>
    `source ./rauth.completion; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
     COMP_CWORD=${words.length - 1}; _rauth; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (words) =>
    `compdef() { :; }; compadd() { shift; printf '%s\\n' "$@"; }; _files() { :; }
     source ./rauth.completion; words=(${words.map((word) => `'${word}'`).join(' ')})
     CURRENT=${words.length}; _rauth`,
  fish: (words) => `source ./rauth.completion; complete -C '${words.join(' ')}'`,
}

describe('rauth completion', () => {
  let folder: CliFolder
  before(async () => {
    folder = await makeCliFolder()
  })
  after(() => folder.remove())

  for (const [shell, script] of Object.entries(SHELLS)) {
    const skip = ['/bin', '/usr/bin', '/usr/local/bin'].some((bin) => existsSync(`${bin}/${shell}`))
      ? false
      : `no ${shell} here`
    it(`offers in ${shell} what may come next`, { skip }, async () => {
      const made = await folder.rauth(['completion', shell])
      assert.equal(made.code, 0)
      await folder.write('rauth.completion', made.stdout)
      for (const [line, offered, not] of CASES) {
        const words = line.split(' ')
        const { code, stdout, stderr } = await run(shell, ['-c', script(words)], {
          cwd: folder.directory,
        })
        assert.equal(code, 0, `${line}: ${stderr}`)
        // zsh itself leaves out what does not begin alike.
        const begun = shell === 'zsh' ? (words.at(-1) ?? '') : ''
        const found = stdout
          .split('\n')
          .map((one) => one.split('\t')[0] ?? '')
          .filter((one) => one.startsWith(begun))
        for (const word of offered) assert.ok(found.includes(word), `${line}${word}`)
        for (const word of not) assert.ok(!found.includes(word), `${line}${word}`)
      }
    })
  }

  it('offers commands each of which has help with an example, on stdout', async () => {
    const { stdout } = await folder.rauth(['completion', 'fish'])
    const places = [...stdout.matchAll(/^ {4}case '([a-z -]*)'\n/gm)].map(([, place = '']) => place)
    const leaves = places.filter((one) => !places.some((other) => other.startsWith(`${one} `)))
    const commands = leaves.filter((one) => one !== '')
    assert.ok(commands.length >= 18, commands.join())
    for (const command of commands) {
      const help = await folder.rauth([...command.split(' '), '--help'])
      assert.deepEqual([help.code, help.stderr], [0, ''], command)
      assert.match(help.stdout, /^Examples?:\n {2}\S/m, command)
    }
  })

  it('exits with 2 for another shell', async () => {
    const { code, stderr } = await folder.rauth(['completion', 'csh'])
    assert.equal(code, 2)
    assert.match(stderr, /Allowed choices are bash, zsh, fish/)
  })
})
