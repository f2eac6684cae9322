// keyhall, the support tool, with a daemon's configuration and home.
import { program } from './paths.mjs';
import { run } from './process.mjs';

// language: what the system says (LANG), as "zh_CN.UTF-8"; none: nothing.
export const keyhall = ({ configuration, env }, args, { language = '', more = {} } = {}) =>
	run(program.keyhall, [...args, ...(configuration ? ['--config', configuration] : [])],
		{ env: { ...env, LC_ALL: '', LC_MESSAGES: '', LANG: language, NO_COLOR: '', ...more }, status: null });
