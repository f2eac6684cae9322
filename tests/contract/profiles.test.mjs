// The packaged driver profiles: each number once, those that are from libccid as libccid has them, all of them installed.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/paths.mjs';

const folder = path.join(root, 'pkcs11/modules.d');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const profiles = files.map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')));
const ids = profiles.flatMap((profile) => profile.usb ?? []);

// Info.plist of the package libccid: three arrays of the same length.
function libccid() {
	const text = readFileSync('/etc/libccid_Info.plist', 'utf8');
	const list = (key) => [...text.split(`<key>${key}</key>`)[1].split('</array>')[0].matchAll(/<string>0x([0-9A-Fa-f]{4})<\/string>/g)].map((hit) => hit[1].toLowerCase());
	const products = list('ifdProductID');
	return new Set(list('ifdVendorID').map((vendor, i) => `${vendor}:${products[i]}`));
}

test('at least twenty families of keys, each USB id and each name once', () => {
	assert.ok(profiles.filter((profile) => profile.usb).length >= 20);
	assert.equal(new Set(ids.map((row) => row.id)).size, ids.length);
	assert.equal(new Set(profiles.map((profile) => profile.name)).size, profiles.length);
	for (const profile of profiles.filter((one) => one.usb || one.modules)) assert.ok(profile.names, profile.name);
});

test('an id from libccid stands in its list, another does not', () => {
	const known = libccid();
	assert.ok(known.size > 500);
	for (const { id, sources } of ids) assert.equal(sources.includes('libccid'), known.has(id), id);
});

test('all of them are built and installed', () => {
	const listed = [...readFileSync(path.join(folder, 'meson.build'), 'utf8').matchAll(/'([^']+\.json)'/g)].map((hit) => hit[1]);
	assert.deepEqual(listed.sort(), files.sort());
});

test('every source that the shape knows is used', () => {
	const { enum: sources } = JSON.parse(readFileSync(path.join(root, 'protocol/profile.schema.json'), 'utf8')).$defs.ProfileSource;
	const used = new Set(profiles.flatMap((profile) => [...profile.usb ?? [], ...profile.atr ?? [], ...profile.modules ?? []]).flatMap((row) => row.sources));
	assert.deepEqual(sources.filter((name) => !used.has(name)), []);
});
