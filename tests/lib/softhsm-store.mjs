// SoftHSM2's object files: what a power cut or a kill in the middle of a write leaves of them.
import { readFileSync, readdirSync, truncateSync } from 'node:fs';
import path from 'node:path';

// Names, without the token's own.
export function objectFiles(token) {
	const [folder] = readdirSync(token.store).map((name) => path.join(token.store, name));
	return readdirSync(folder).filter((name) => name.endsWith('.object') && name !== 'token.object').map((name) => path.join(folder, name)).sort();
}

const number = (bytes, at) => Number(bytes.readBigUInt64BE(at));

// Each attribute of a file: type, and where it begins and ends.
export function attributes(file) {
	const bytes = readFileSync(file), found = [];
	for (let at = 8; at < bytes.length;) {
		const kind = number(bytes, at + 8);
		const length = kind === 1 ? 1 : kind === 2 ? 8 : kind === 3 ? 8 + number(bytes, at + 16) : 8 + 16 * number(bytes, at + 16);
		found.push({ type: number(bytes, at), begins: at, ends: at + 16 + length });
		at += 16 + length;
	}
	return found;
}

// Lengths a file may be left with: nothing, a head, half an attribute, whole attributes.
export const cuts = (file) => [...new Set([0, 8, 24, ...attributes(file).slice(0, -1).map((one) => one.ends)])];

const labelType = 3, idType = 0x102;

// Whether a file cut there still says whose it is: one that ends within an attribute SoftHSM does not show.
export function marks(file, length) {
	const left = attributes(file).filter((one) => one.ends <= length);
	return left.at(-1)?.ends === length && left.some((one) => one.type === labelType || one.type === idType);
}

export const cut = (file, length) => truncateSync(file, length);
