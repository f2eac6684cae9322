// The arrows between the rooms, read from the #include lines: docs/architecture.md, "Rooms".
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { files, includes, rooms } from '../lib/includes.mjs';
import { root } from '../lib/paths.mjs';

const mayUse = { protocol: ['protocol'], pkcs11: ['pkcs11', 'protocol'], agent: ['agent', 'protocol'], hall: ['hall'] };
const generated = ['codes.h', 'contract.h', 'host_contract.h', 'configuration.h', 'profile_file.h'];

// Headers of one system: only in the files that exist once per system.
const system = /^(sys|linux|netinet|net|arpa|bits|asm)\/|^(unistd|fcntl|pwd|grp|dlfcn|poll|spawn|termios|pthread|sched|syslog|netdb|dirent|glob|ifaddrs|windows|winsock2|ws2tcpip|iphlpapi|tlhelp32|shlobj|shellapi|knownfolders|setupapi|winsvc|aclapi|io|process|direct|iconv)\.h$/;
const perSystem = /_(posix|win|linux)\.[ch]$/;

// header: rooms and, where it belongs into few files, which or how many may have it.
const libraries = [
	{ header: /^jansson\.h$/, rooms: ['protocol', 'hall'] },
	{ header: /^(p11-kit\/)?pkcs11[^/]*\.h$|^p11-kit\//, rooms: ['pkcs11'] },
	{ header: /^libp11\.h$/, rooms: ['pkcs11'], files: 1 },
	{ header: /^winscard\.h$/, rooms: ['pkcs11'], only: perSystem },
	{ header: /^libwebsockets\.h$/, rooms: ['agent'], only: /^agent\/websocket\// },
	{ header: /^libusb(-1\.0\/libusb)?\.h$/, rooms: ['agent'], files: 1 },
	{ header: /^systemd\//, rooms: ['agent'], only: /notify_posix\.c$|^agent\/tray\/\w+_dbus\.[ch]$/ },
	{ header: /^sqlite3\.h$/, rooms: ['agent', 'hall'] },
	{ header: /^ulfius\.h$|^qrencode\.h$/, rooms: ['hall'] },
	{ header: /^zip\.h$/, rooms: ['agent'], files: 1 },
	{ header: /^uv\.h$/, rooms: ['agent', 'pkcs11', 'protocol'] },
	{ header: /^openssl\//, rooms: ['pkcs11', 'agent', 'hall'] },
];

const owners = new Map(generated.map((name) => [name, ['protocol']]));
for (const file of files) {
	const name = path.basename(file), room = file.split('/')[0];
	if (file.endsWith('.h')) owners.set(name, [...(owners.get(name) ?? []), room]);
}

const own = (file, header) => files.includes(path.posix.join(path.posix.dirname(file), header));

test('there is something to look at', () => {
	assert.ok(includes.length > 100);
});

test('a room includes itself and protocol/, the hall itself', () => {
	const wrong = includes.filter(({ file, room, own: quoted, header }) => {
		if (!quoted || own(file, header)) return false;
		const folder = path.posix.join(header.startsWith('.') ? path.posix.dirname(file) : '', header).split('/')[0];
		const targets = header.includes('/') && rooms.includes(folder) ? [folder] : owners.get(path.basename(header)) ?? [];
		return targets.length > 0 && !targets.some((target) => mayUse[room].includes(target));
	});
	assert.deepEqual(wrong.map(({ file, line, header }) => `${file}:${line} "${header}"`), []);
});

test('libraries are met where they belong', () => {
	const wrong = includes.filter(({ file, room, own: quoted, header }) => !quoted &&
		libraries.some((library) => library.header.test(header) && !(library.rooms.includes(room) && (library.only ?? /./).test(file))));
	assert.deepEqual(wrong.map(({ file, line, header }) => `${file}:${line} <${header}>`), []);
	for (const { header, files: most } of libraries.filter((library) => library.files)) {
		const users = [...new Set(includes.filter((one) => !one.own && header.test(one.header)).map((one) => one.file))];
		assert.ok(users.length <= most, `${header} in ${users.join(', ')}`);
	}
});

test('headers of one system are only in files that exist once per system', () => {
	const wrong = includes.filter(({ file, own: quoted, header }) => !quoted && system.test(header) && !perSystem.test(file));
	assert.deepEqual(wrong.map(({ file, line, header }) => `${file}:${line} <${header}>`), []);
});

test('no #ifdef of a system in logic', () => {
	const wrong = files.filter((file) => !perSystem.test(file) && /^\s*#\s*(if|ifdef|ifndef|elif)\b.*\b(_WIN32|__linux__|__unix__|__APPLE__)\b/m.test(readFileSync(path.join(root, file), 'utf8')));
	assert.deepEqual(wrong, []);
});
