// Where the programs under test and their witnesses are.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const build = path.resolve(root, process.env.KEYHALL_BUILD ?? 'build');
export const all = process.env.KEYHALL_ALL === '1';

export const program = {
	keyhalld: path.join(build, 'agent/keyhalld'),
	keyhall: path.join(build, 'agent/keyhall'),
	tray: path.join(build, 'agent/keyhall-tray'),
	token: path.join(build, 'pkcs11/keyhall-token'),
	hall: path.join(build, 'hall/keyhall-hall'),
	policies: path.join(build, 'installer/linux/policies'),
};

const multiarch = ['x86_64-linux-gnu', 'aarch64-linux-gnu'];
const library = (name) => multiarch.map((one) => `/usr/lib/${one}/${name}`).find(existsSync) ?? `/usr/lib/${name}`;
export const opensc = library('opensc-pkcs11.so');
export const softokn = library('libsoftokn3.so');
export const opencryptoki = library('pkcs11/libopencryptoki.so');
export const p11kitClient = library('pkcs11/p11-kit-client.so');
export const tpm2 = library('pkcs11/libtpm2_pkcs11.so');

export const softhsm = [
	'/usr/lib/softhsm/libsofthsm2.so',
	'/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
	'/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
].find(existsSync) ?? '/usr/lib/softhsm/libsofthsm2.so';
