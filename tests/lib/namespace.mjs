// A mount namespace of one's own, in which a test mounts what nobody else sees. Root makes one with nothing else, which also
// works in a chroot, where user namespaces are forbidden; everybody else is root in a user namespace.
import { execFileSync } from 'node:child_process';

function works(options) {
	try { execFileSync('unshare', [...options, 'true'], { stdio: 'ignore' }); return true; } catch { return false; }
}

// The words before a command that runs in it; more: other namespaces of its own, as '--net'. A chroot's root folder is no mount
// point: mounts cannot be made private there.
export function inMountNamespace(...more) {
	const ways = process.getuid() === 0 ? [['--mount'], ['--mount', '--propagation', 'unchanged']] : [];
	return ['unshare', ...ways.find(works) ?? ['--map-root-user', '--mount'], ...more];
}

// The words before a command that joins a process that runs in one; in a chroot its root folder, too, is that process's.
export function joinNamespace(pid, ...more) {
	return ['nsenter', '--target', String(pid), ...process.getuid() === 0 ? [] : ['--user', '--preserve-credentials'], '--mount', '--root', '--wd', ...more];
}
