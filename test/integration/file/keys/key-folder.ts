import { createPrivateKey } from 'node:crypto'
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import type { KeyPairPem } from '../../../../src/token/certificate.ts'
import { putFiles, type Files } from '../../../support/put-files.ts'

/** The two files of a pair. */
export function pairFiles(name: string, { key, certificate }: KeyPairPem): Files {
  return { [`${name}.key`]: key, [`${name}.crt`]: certificate }
}

let versions = 0

/**
 * Publishes files as the kubelet does (pkg/volume/util/atomic_writer.go): a new version beside the old
 * one, links for new names, the swap of `..data`, then away with stale links and the old version.
 */
export async function mountFiles(directory: string, files: Files): Promise<void> {
  const before = await readdir(directory)
  const version = `..2026_11_24_12_00_00.${(versions += 1)}`
  await mkdir(path.join(directory, version))
  await putFiles(path.join(directory, version), files)
  for (const name of Object.keys(files).filter((name) => !before.includes(name))) {
    await symlink(path.join('..data', name), path.join(directory, name))
  }
  await symlink(version, path.join(directory, '..data_tmp'))
  await rename(path.join(directory, '..data_tmp'), path.join(directory, '..data'))
  for (const name of before.filter((name) => name !== '..data' && files[name] === undefined)) {
    await rm(path.join(directory, name), { recursive: true })
  }
}

/** The key of one with the public half of another beside it: what only a self-test finds. */
export function mixedKey(publicHalf: KeyPairPem, privateHalf: KeyPairPem): KeyPairPem {
  const scalar = (pem: string) =>
    Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).d ?? '', 'base64url')
  const key = createPrivateKey(publicHalf.key).export({ type: 'pkcs8', format: 'der' })
  scalar(privateHalf.key).copy(key, key.indexOf(scalar(publicHalf.key)))
  const lines = key.toString('base64').replace(/.{64}/g, '$&\n')
  const pem = `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`
  return { key: pem, certificate: publicHalf.certificate }
}
