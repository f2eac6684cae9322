// A Windows of its own under wine: a prefix that nobody else has, programs in it, its registry and its files.
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, openSync, closeSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { removeFolder, run, temporaryFolder } from './process.mjs';

// As wine calls a file of this machine.
export const there = (file) => `Z:${file.replaceAll('/', '\\')}`;

export class Wine {
	// env: of every program in it.
	static async make(env = {}) {
		const wine = new Wine();
		wine.prefix = temporaryFolder('wine');
		wine.env = { WINEPREFIX: wine.prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=', DISPLAY: '', LANG: 'C.UTF-8', ...env };
		await wine.run('wineboot', '-i');
		await wine.run('reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f');
		await run('wineserver', ['-w'], { env: wine.env });
		return wine;
	}

	// While one program runs so do wine's services. Else they end and start again between two programs, and a program that comes meanwhile may fail.
	stay() { spawn('wine', ['cmd'], { env: { ...process.env, ...this.env }, stdio: ['pipe', 'ignore', 'ignore'], cwd: this.prefix }).unref(); }

	there = there;
	// Where a file of its own drive is on this machine.
	path(file) { return path.join(this.prefix, 'drive_c', file.replace(/^C:\\/, '').replaceAll('\\', '/')); }

	// Its end; what it says goes into a file: what a program leaves running has its output, too, and would keep a pipe open.
	run(program, ...args) {
		const log = path.join(this.prefix, 'said'), out = openSync(log, 'w');
		return new Promise((resolve, reject) => {
			const child = spawn('wine', [program, ...args], { env: { ...process.env, ...this.env }, stdio: ['ignore', out, out], cwd: this.prefix });
			child.on('error', reject);
			child.on('exit', (status) => resolve({ status, said: readFileSync(log, 'utf8') }));
		}).finally(() => closeSync(out));
	}

	// The texts below a key: {"KEY\\NAME": "value as reg export writes it"}.
	async registry(key) {
		const file = path.join(this.prefix, 'registry'), rows = {};
		if (existsSync(file)) writeFileSync(file, '');
		const { status } = await this.run('reg', 'export', key, this.there(file), '/y');
		if (status !== 0) return rows;
		let place = '';
		for (const line of readFileSync(file, 'utf16le').replace(/\\\r?\n\s*/g, '').split(/\r?\n/)) {
			if (/^\[.*\]$/.test(line)) rows[place = line.slice(1, -1)] = '';
			const value = /^(@|"(?:[^"\\]|\\.)*")=(.*)$/.exec(line);
			if (value) rows[`${place}\\${value[1]}`] = value[2];
		}
		return rows;
	}

	// Every file and folder below these, as Windows calls them.
	files(...folders) {
		const found = [];
		const look = (folder) => {
			for (const name of existsSync(this.path(folder)) ? readdirSync(this.path(folder)) : []) {
				const one = `${folder}\\${name}`;
				found.push(one);
				if (lstatSync(this.path(one)).isDirectory()) look(one);
			}
		};
		for (const folder of folders) look(folder);
		return found.sort();
	}

	async close() {
		await run('wineserver', ['-k'], { env: this.env, status: null });
		removeFolder(this.prefix);
	}
}
