#!/usr/bin/env node
import { credentialProviderCommand } from './commands/credential-provider.ts'
import { runProgram } from './commands/run-program.ts'
import { VERSION } from './version.ts'

/** `rauth credential-provider` as a program of its own, which starts sooner: what nodes have. */
void runProgram(credentialProviderCommand().name('rauth-credential-provider').version(VERSION))
