// A certificate authority over the openssl program: a second opinion beside the hall's.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './process.mjs';
import { distid, isSm2, makeKey, pemToDer } from './token.mjs';

export const company = {
	name: '山西晋钥示例能源有限公司',
	contact: { name: '王小明', phone: '13800138000', email: 'clerk@example.cn' },
};

// GB 32100-2015: the last character is a check character.
export function creditCode(first17) {
	const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
	let sum = 0;
	for (let i = 0; i < 17; i++) sum += alphabet.indexOf(first17[i]) * (3 ** i % 31);
	return first17 + alphabet[(31 - sum % 31) % 31];
}
company.creditCode = creditCode('91140100MA0000001');

export const subject = `/C=CN/ST=山西省/L=太原市/O=${company.name}/CN=${company.name}`;

const requestConfiguration = (extensions) => `[req]
distinguished_name = dn
string_mask = utf8only
utf8 = yes
prompt = no
req_extensions = ext
[dn]
[ext]
${extensions}
`;

// A request by a key in a file. creditCode: as the extension the agent looks for first.
export async function makeRequest(keyPem, folder, { name = subject, code = company.creditCode } = {}) {
	const configuration = path.join(folder, 'request.cnf'), key = path.join(folder, 'request-key.pem');
	writeFileSync(configuration, requestConfiguration(
		`keyUsage = critical, digitalSignature, nonRepudiation\n${code ? `1.2.156.10260.4.1.4 = ASN1:UTF8String:${code}` : ''}`));
	writeFileSync(key, keyPem);
	return (await run('openssl', ['req', '-new', ...(isSm2(keyPem) ? ['-sm3', '-sigopt', distid] : ['-sha256']), '-utf8', '-config', configuration, '-key', key, '-subj', name])).stdout;
}

const stamp = (date) => date.toISOString().replace(/[-:T]/g, '').replace(/\.\d+Z/, 'Z');
export const days = (n, from = Date.now()) => new Date(from + n * 86400000);

const sm2Curve = Buffer.from('06082a811ccf5501822d', 'hex');

export class Authority {
	// keyType sm2: it signs with SM3. It certifies keys of any type.
	static async make(folder, { name = '/C=CN/O=示例根CA/CN=Example Root CA', keyType = 'ec-p256' } = {}) {
		const authority = Authority.open(folder, { keyType });
		const key = path.join(folder, 'key.pem');
		mkdirSync(path.join(folder, 'new'));
		writeFileSync(path.join(folder, 'index'), '');
		writeFileSync(path.join(folder, 'serial'), `${Date.now().toString(16).padStart(16, '7')}\n`);
		writeFileSync(key, await makeKey(keyType));
		await run('openssl', ['req', '-new', '-x509', '-utf8', '-config', authority.configuration, '-extensions', 'authority', '-key', key,
			`-${authority.digest}`, ...authority.signing, '-subj', name, '-days', '3650', '-out', authority.root]);
		return authority;
	}

	// One that make() has left there, or a copy of it.
	static open(folder, { keyType = 'ec-p256' } = {}) {
		const authority = new Authority();
		authority.digest = keyType === 'sm2' ? 'sm3' : 'sha256';
		authority.signing = keyType === 'sm2' ? ['-sigopt', distid] : [];
		authority.folder = folder;
		mkdirSync(folder, { recursive: true });
		authority.root = path.join(folder, 'root.pem');
		authority.configuration = path.join(folder, 'ca.cnf');
		writeFileSync(authority.configuration, `[ca]
default_ca = this
[this]
dir = ${folder}
database = ${folder}/index
serial = ${folder}/serial
new_certs_dir = ${folder}/new
certificate = ${folder}/root.pem
private_key = ${folder}/key.pem
default_md = ${authority.digest}
policy = any
unique_subject = no
copy_extensions = copy
string_mask = utf8only
[any]
C = optional
ST = optional
L = optional
O = optional
OU = optional
CN = optional
[sign]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[encrypt]
basicConstraints = critical, CA:false
keyUsage = critical, keyEncipherment, dataEncipherment
[both]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, nonRepudiation, keyEncipherment, keyAgreement
[enciphering]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, keyEncipherment
[unsaid]
basicConstraints = critical, CA:false
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[req]
distinguished_name = dn
string_mask = utf8only
[dn]
`);
		return authority;
	}

	get rootPem() { return readFileSync(this.root, 'utf8'); }

	// To stand under another authority: its request, then the certificate it got.
	async request(name) {
		return (await run('openssl', ['req', '-new', '-utf8', '-config', this.configuration, '-key', path.join(this.folder, 'key.pem'), ...this.signing,
			...(this.signing.length ? ['-sm3'] : []), '-subj', name])).stdout;
	}
	become(pem) { writeFileSync(this.root, pem); }

	// notBefore, notAfter: Date. signing: options for its signature. Other options go to `openssl ca`.
	async issue(csrPem, { notBefore = days(-1), notAfter = days(365), usage = 'sign', name, signing = this.signing } = {}) {
		const request = path.join(this.folder, 'in.csr'), out = path.join(this.folder, 'out.pem');
		writeFileSync(request, csrPem);
		await run('openssl', ['ca', '-batch', '-notext', '-utf8', '-preserveDN', '-config', this.configuration, '-extensions', usage,
			'-startdate', stamp(notBefore), '-enddate', stamp(notAfter), '-in', request, '-out', out,
			...signing, ...(pemToDer(csrPem).includes(sm2Curve) ? ['-vfyopt', distid] : []),
			...(name ? ['-subj', name] : [])]);
		return readFileSync(out, 'utf8');
	}
}
