/*
 * keyhall.js: a page's way to the key agent. Manual: docs/integrators-guide.md, types: keyhall.d.ts.
 * ES5 at run time, no dependency. Global Keyhall, CommonJS or AMD; keyhall.mjs is the same as an ES module.
 *
 * A page's other scripts may have changed what the language brings: toJSON of Prototype, members of Object.prototype,
 * replaced methods of arrays and strings. So nothing here calls a method of an array, a string, a number, a regular
 * expression or JSON, and a member counts only where it is the object's own (own, given). tests/sdk/patched.test.mjs
 * replaces them all.
 */
(function (root, factory) {
	'use strict';
	if (typeof module === 'object' && module.exports) {
		module.exports = factory(root);
	} else if (typeof define === 'function' && define.amd) {
		define([], function () { return factory(root); });
	} else {
		root.Keyhall = factory(root);
	}
}(typeof self !== 'undefined' ? self : typeof globalThis !== 'undefined' ? globalThis : this, function (root) {
	'use strict';

	var PORTS = [18317, 28317];
	var SUBPROTOCOL = 'keyhall.v1';
	var RECONNECT_DELAYS = [1000, 3000, 9000];
	var ROUNDS = 10;
	var RETRY_DELAY = 2000;
	var SLOW = 5000;

	/* ---- generated from keyhall.openrpc.json by gen.py; do not edit ---- */
	var METHODS = [
		'agent.hello', 'environment.check', 'token.list', 'certificate.list', 'pin.verify', 'pin.change',
		'renewal.begin', 'renewal.install', 'renewal.complete', 'renewal.inspect', 'renewal.list', 'renewal.cancel',
		'diagnostics.report', 'diagnostics.trace', 'diagnostics.archive'
	];
	var SECONDS = {
		'token.list': 25, 'certificate.list': 65, 'pin.verify': 65, 'pin.change': 65, 'renewal.begin': 300,
		'renewal.install': 300, 'renewal.complete': 180, 'renewal.inspect': 65, 'renewal.list': 65,
		'renewal.cancel': 130
	};
	var MESSAGE_LIMIT = 65536;
	var DEPTH_LIMIT = 16;
	var HELLO_TIMEOUT = 10000;
	var CONTRACT_ERRORS = {
		'request.invalid': [-32602, 'no', 'The request is not valid[: {field}].', '请求无效[：{field}]。'],
		'request.too_large': [1002, 'no', 'The message is too large.', '消息过大。'],
		'origin.denied': [1101, 'no', 'This page may not use the key agent.', '该网页未获准使用数字证书控件。'],
		'agent.protocol': [1203, 'no', 'Page and key agent have no common protocol version; update the key agent.', '控件版本过旧，请更新数字证书控件。']
	};
	/* ---- end of the generated part ---- */

	/* What the SDK itself reports, beside CONTRACT_ERRORS: [code, retry, en, zh]. The agent sends its errors with their texts. */
	var STATES = {
		'closed': [0, 'user', 'Not connected to the key agent.', '未连接数字证书控件。'],
		'connecting': [0, 'later', 'Connecting to the key agent …', '正在连接数字证书控件……'],
		'open': [0, 'no', 'Connected to the key agent.', '已连接数字证书控件。'],
		'browser.prompt': [9001, 'user', 'The browser asks whether this page may reach the key agent: click “Allow”.',
			'浏览器正在询问是否允许本网页访问数字证书控件，请点击“允许”。'],
		'browser.dismissed': [9002, 'user', 'The browser\'s question was closed. Check again and click “Allow”.',
			'浏览器的询问窗口已被关闭。请重新检测，并点击“允许”。'],
		'browser.blocked': [9003, 'user', 'The browser blocks this page from the key agent. Click the icon left of the address, allow access to apps on this device, then check again.',
			'浏览器已禁止本网页访问数字证书控件。请点击地址栏左侧的图标，在网站权限中允许访问本机应用，然后重新检测。'],
		'browser.insecure': [9004, 'no', 'The browser lets only https pages reach the key agent. Open the service hall with https://.',
			'浏览器只允许 https 网页访问数字证书控件，请使用 https:// 打开服务厅。'],
		'browser.frame': [9005, 'no', 'This page is inside another page that keeps it from the key agent. Open it in a window of its own.',
			'本网页被嵌入其他网页中，无法访问数字证书控件，请在单独的窗口中打开。'],
		'browser.csp': [9006, 'no', 'The page\'s own security policy keeps it from the key agent. Tell the service hall.',
			'网页自身的安全策略（CSP）不允许访问数字证书控件，请联系服务厅。'],
		'browser.unsupported': [9007, 'no', 'This browser is too old for the key agent.', '浏览器版本过低，无法使用数字证书控件。'],
		'agent.not_running': [9101, 'user', 'The key agent is not running. Start it, or install it first.',
			'未检测到数字证书控件。请启动控件；如未安装，请先下载安装。'],
		'agent.other_user': [9102, 'user', 'Only another user of this computer is running the key agent. Start it for yourself.',
			'本机仅有其他用户在运行数字证书控件，请在当前用户下启动控件。'],
		'agent.outdated': [9103, 'user', 'The key agent {version} is too old; {minimum} or newer is needed.',
			'数字证书控件版本过低（{version}），请更新到 {minimum} 或以上版本。'],
		'agent.connections': [9104, 'user', 'Too many pages use the key agent. Close some of them and check again.',
			'使用数字证书控件的网页过多，请关闭部分网页后重新检测。'],
		'agent.refused': [9105, 'no', 'The key agent refused the connection ({reason}).', '数字证书控件拒绝了连接（{reason}）。'],
		'agent.lost': [9106, 'later', 'The connection to the key agent was lost.', '与数字证书控件的连接已断开。'],
		'hall.pending': [9201, 'later', 'The certificate is still being made. Come back later; your order is kept.',
			'制证中，请稍后再来，您的订单会为您保留。'],
		'hall.unissued': [9202, 'no', 'The certificate of this order is on the key, but the service hall does not know it. Call the hotline.',
			'USB Key 中已有该订单的证书，但服务厅没有签发记录，请拨打客服热线。'],
		'renewal.stuck': [9203, 'no', 'The renewal does not move on. Call the hotline.', '证书更新无法继续，请拨打客服热线。']
	};

	/* Reasons of close code 4403. */
	var REFUSALS = {
		'origin': 'origin.denied',
		'protocol': 'agent.protocol',
		'other user': 'agent.other_user',
		'connections': 'agent.connections'
	};

	function noop() {}

	function now() { return Date.now(); }

	function each(list, call) {
		for (var i = 0; i < list.length; i++) { call(list[i], i); }
	}

	function add(list, value) { list[list.length] = value; }

	/* Calls a page's function; what it throws is the page's matter, not ours. */
	function shielded(call, a, b) {
		try { call(a, b); } catch (error) { setTimeout(function () { throw error; }, 0); }
	}

	/* ---- objects, whatever a page has done to Object.prototype ---- */

	var basic = Object.prototype, hasOwn = basic.hasOwnProperty, isArray = Array.isArray, create = Object.create;
	var defineProperty = Object.defineProperty;

	function has(object, name) { return object !== null && object !== undefined && hasOwn.call(object, name); }

	/* A member of a message or of an object made here. */
	function own(object, name) { return has(object, name) ? object[name] : undefined; }

	/* A member of what the page hands over, which may be an object of the page's own class. */
	function given(object, name) {
		return has(object, name) || object[name] !== basic[name] ? object[name] : undefined;
	}

	function define(object, name, value, enumerable) {
		var property = create(null);
		property.value = value;
		property.enumerable = enumerable;
		property.writable = property.configurable = true;
		defineProperty(object, name, property);
	}

	/* Sets a member also where Object.prototype is frozen or has a setter of this name. */
	function put(object, name, value) {
		if (name in object) { define(object, name, value, true); } else { object[name] = value; }
	}

	function fill(to, from) {
		for (var name in from) { if (has(from, name)) { put(to, name, from[name]); } }
		return to;
	}

	function copy(from) { return fill({}, from); }

	/* The same members, and none inherited. */
	function bare(from) { return fill(create(null), from); }

	function pick(from, names) {
		var picked = create(null);
		each(names, function (name) { picked[name] = from ? given(from, name) : undefined; });
		return picked;
	}

	fill(STATES, CONTRACT_ERRORS);

	/* ---- texts ---- */

	function contains(signs, sign) {
		for (var i = 0; i < signs.length; i++) { if (signs[i] === sign) { return true; } }
		return false;
	}

	function startsAt(text, at, part) {
		for (var i = 0; i < part.length; i++) { if (text[at + i] !== part[i]) { return false; } }
		return true;
	}

	function includes(text, part) {
		for (var i = 0; i < text.length; i++) { if (startsAt(text, i, part)) { return true; } }
		return false;
	}

	/* The parts of a text between any of the signs. */
	function split(text, signs) {
		var parts = [''], i;
		for (i = 0; i < text.length; i++) {
			if (contains(signs, text[i])) { add(parts, ''); } else { parts[parts.length - 1] += text[i]; }
		}
		return parts;
	}

	function language(locale) {
		var document = root.document, navigator = root.navigator;
		var tag = locale || (document && document.documentElement && document.documentElement.lang) ||
			(navigator && navigator.language) || 'zh';
		return contains('zZ', tag[0]) && contains('hH', tag[1]) ? 'zh' : 'en';
	}

	/* A text of the contract: {name} is filled from data; a [part] in which one is missing is left out. */
	function filled(text, data) {
		var said = '', part = '', name = null, missing = false, i, sign, value;
		for (i = 0; i < text.length; i++) {
			sign = text[i];
			if (sign === '[') {
				said += part;
				part = '';
				missing = false;
			} else if (sign === ']') {
				said += missing ? '' : part;
				part = '';
			} else if (sign === '{') {
				name = '';
			} else if (sign === '}') {
				value = own(data, name);
				missing = missing || value === undefined;
				part += value === undefined ? '' : value;
				name = null;
			} else if (name !== null) {
				name += sign;
			} else {
				part += sign;
			}
		}
		return said + part;
	}

	/* The text of a state in the locale. */
	function text(name, locale, data) {
		var row = own(STATES, name);
		return row ? filled(row[language(locale) === 'zh' ? 3 : 2], data) : name;
	}

	/* ---- JSON ---- */

	var CONTROLS = '\x00\x01\x02\x03\x04\x05\x06\x07\b\t\n\x0b\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f';
	var DIGITS = '0123456789abcdef';
	var ESCAPED = bare({'"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t'});
	var fromCode = String.fromCharCode;

	function control(sign) {
		for (var i = 0; CONTROLS[i] !== sign; i++) { noop(); }
		return '\\u00' + (i < 16 ? '0' : '1') + DIGITS[i % 16];
	}

	function quoted(text) {
		var said = '"', i, sign;
		for (i = 0; i < text.length; i++) {
			sign = text[i];
			if (sign === '\n') {
				said += '\\n';
			} else if (sign < ' ') {
				said += control(sign);
			} else {
				said += sign === '"' || sign === '\\' ? '\\' + sign : sign;
			}
		}
		return said + '"';
	}

	/* JSON of own members; what JSON does not know is left out. Throws where it is nested too deep. */
	function encode(value, depth) {
		var type = typeof value, said = '', name, i;
		if (type === 'string') { return quoted(value); }
		if (type === 'boolean') { return value ? 'true' : 'false'; }
		if (type === 'number') { return value - value === 0 ? '' + value : 'null'; }
		if (type !== 'object' || value === null) { return 'null'; }
		if (depth > DEPTH_LIMIT) { throw new Error('depth'); }
		if (isArray(value)) {
			for (i = 0; i < value.length; i++) { said += (i ? ',' : '') + encode(value[i], depth + 1); }
			return '[' + said + ']';
		}
		for (name in value) {
			if (has(value, name) && value[name] !== undefined && typeof value[name] !== 'function') {
				said += (said ? ',' : '') + quoted(name) + ':' + encode(value[name], depth + 1);
			}
		}
		return '{' + said + '}';
	}

	/* The value of a JSON text; throws where it is none. */
	function decode(text) {
		var at = 0;

		function expect(right) { if (!right) { throw new Error('JSON'); } }
		/* The next sign that is no blank. */
		function next() {
			while (at < text.length && contains(' \n\r\t', text[at])) { at++; }
			return text[at];
		}
		/* Whether the next sign is this one, which is then passed. */
		function passed(sign) {
			var here = next() === sign;
			if (here) { at++; }
			return here;
		}
		function word(name, value) {
			expect(startsAt(text, at, name));
			at += name.length;
			return value;
		}
		function number() {
			var digits = '', value;
			while (at < text.length && contains('+-.eE0123456789', text[at])) { digits += text[at++]; }
			value = +digits;
			expect(digits && value - value === 0);
			return value;
		}
		function code() {
			var digits = '', i;
			for (i = 0; i < 4; i++) {
				expect(at < text.length && contains('0123456789abcdefABCDEF', text[at]));
				digits += text[at++];
			}
			return fromCode(+('0x' + digits));
		}
		function escape() {
			var sign = text[at++];
			if (sign === 'u') { return code(); }
			expect(ESCAPED[sign] !== undefined);
			return ESCAPED[sign];
		}
		function string() {
			var said = '', sign;
			for (at++; text[at] !== '"'; ) {
				expect(at < text.length && text[at] >= ' ');
				sign = text[at++];
				said += sign === '\\' ? escape() : sign;
			}
			at++;
			return said;
		}
		function list() {
			var values = [];
			at++;
			if (passed(']')) { return values; }
			do { add(values, value()); } while (passed(','));
			expect(passed(']'));
			return values;
		}
		function object() {
			var members = {}, name;
			at++;
			if (passed('}')) { return members; }
			do {
				expect(next() === '"');
				name = string();
				expect(passed(':'));
				put(members, name, value());
			} while (passed(','));
			expect(passed('}'));
			return members;
		}
		function value() {
			switch (next()) {
			case '{': return object();
			case '[': return list();
			case '"': return string();
			case 't': return word('true', true);
			case 'f': return word('false', false);
			case 'n': return word('null', null);
			default: return number();
			}
		}
		function whole() {
			var read = value();
			expect(next() === undefined);
			return read;
		}
		return whole();
	}

	/* A message of the agent, its members and none inherited; null when it is no object. */
	function received(data) {
		var message;
		try { message = decode(data); } catch (error) { return null; }
		return message !== null && typeof message === 'object' ? bare(message) : null;
	}

	/* Bytes of a text in UTF-8; each half of a surrogate pair has two. */
	function bytes(text) {
		var n = 0, i, sign;
		for (i = 0; i < text.length; i++) {
			sign = text[i];
			n += sign < '\x80' ? 1 : sign < '\u0800' || (sign >= '\ud800' && sign <= '\udfff') ? 2 : 3;
		}
		return n;
	}

	/* ---- errors and answers ---- */

	function KeyhallError(name, code, message, data) {
		put(this, 'name', name);
		put(this, 'code', code);
		put(this, 'message', message);
		put(this, 'data', data);
		put(this, 'stack', new Error(message).stack);
	}
	KeyhallError.prototype = create(Error.prototype);
	define(KeyhallError.prototype, 'constructor', KeyhallError, false);

	function failure(name, locale, more) {
		var data = copy(more);
		put(data, 'name', name);
		put(data, 'retry', own(more, 'retry') || STATES[name][1]);
		return new KeyhallError(name, STATES[name][0], text(name, locale, data), data);
	}

	/* An error as the agent sent it. */
	function answered(error) {
		var data = own(error, 'data') || {};
		return new KeyhallError(own(data, 'name') || 'request.invalid', own(error, 'code'), own(error, 'message'), data);
	}

	/* With a callback: runs start with it. Without: a Promise, where the browser has one. */
	function promised(callback, start) {
		if (typeof callback === 'function' || !root.Promise) {
			start(callback || noop);
			return undefined;
		}
		return new root.Promise(function (resolve, reject) {
			start(function (error, value) {
				if (error) { reject(error); } else { resolve(value); }
			});
		});
	}

	/* Negative, 0 or positive as version a is older, equal or newer than b. */
	function compareVersions(a, b) {
		var left = split('' + a, '.+~-'), right = split('' + b, '.+~-'), i, difference;
		for (i = 0; i < 3; i++) {
			difference = (parseInt(left[i], 10) || 0) - (parseInt(right[i], 10) || 0);
			if (difference) { return difference; }
		}
		return 0;
	}

	/* ---- the browser's gate before loopback ---- */

	/* A page of this computer itself: no gate stands before it, whatever the permission says. */
	function isLocal() {
		var host = root.location && root.location.hostname;
		return host === 'localhost' || host === '127.0.0.1' || host === '[::1]';
	}

	/* Calls done with granted, prompt, denied, or none where the browser has no such gate. */
	function permission(done) {
		var permissions = root.navigator && root.navigator.permissions;
		try {
			if (isLocal()) { throw new Error('local'); }
			permissions.query({name: 'loopback-network'}).then(
				function (status) { done(status.state); },
				function () { done('none'); });
		} catch (error) {
			done('none');
		}
	}

	function framed() {
		var policy = root.document && (root.document.permissionsPolicy || root.document.featurePolicy);
		try {
			if (policy && policy.allowsFeature) { return !policy.allowsFeature('loopback-network'); }
			return root.top !== root.self;
		} catch (error) {
			return true;
		}
	}

	var failures = [];

	/*
	 * How long (ms) a refused connection may take here; what takes longer waited for the clerk.
	 * Windows repeats a refused SYN for about 2 s. Chromium's WebSocket throttle waits up to 5000 * 2^(f+1) / 65536 ms
	 * after f failures in the last 3 to 6 minutes.
	 */
	function patience() {
		var limit = now() - 360000, recent = [];
		each(failures, function (time) { if (time >= limit) { add(recent, time); } });
		failures = recent;
		return (includes((root.navigator && root.navigator.platform) || '', 'Win') ? 2500 : 300) +
			5000 * Math.pow(2, Math.min(failures.length + 1, 16)) / 65536;
	}

	/* Why the browser did not let a connection through; '' when it is not the browser's doing. */
	function gate(state, slow) {
		if (state === 'denied') {
			if (root.isSecureContext === false) { return 'browser.insecure'; }
			return framed() ? 'browser.frame' : 'browser.blocked';
		}
		return state === 'prompt' && slow ? 'browser.dismissed' : '';
	}

	/* ---- one attempt on one port ---- */

	/*
	 * Opens a socket and says hello. Calls done once with {socket, hello} or {why: closed | refused | csp | foreign |
	 * silent | error, …}. Calls asking while the browser's question stands open. Returns a function that gives up.
	 */
	function dial(port, hello, asking, done) {
		var base = 'ws://127.0.0.1:' + port, started = now(), limit = patience();
		var over = false, timers = [], socket;

		function end(result) {
			if (over) { return; }
			over = true;
			result = bare(result);
			each(timers, function (timer) { clearTimeout(timer); });
			if (root.document && root.document.removeEventListener) {
				root.document.removeEventListener('securitypolicyviolation', violated);
			}
			if (!result.socket) {
				add(failures, now());
				if (socket) {
					socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
					socket.close();
				}
			}
			result.ms = now() - started;
			result.slow = result.ms > limit;
			done(result);
		}
		function after(ms, call) { add(timers, setTimeout(call, ms)); }
		function violated(event) {
			if (startsAt('' + event.blockedURI, 0, base)) { end({why: 'csp'}); }
		}
		/* Once it is open the browser has let it through: what is slow then is the agent. */
		function waiting() {
			permission(function (state) { if (!over && state === 'prompt' && socket.readyState === 0) { asking(); } });
		}
		function silent() {
			permission(function (state) {
				if (state === 'prompt' && socket.readyState === 0) { after(HELLO_TIMEOUT, silent); } else { end({why: 'silent'}); }
			});
		}

		if (root.document && root.document.addEventListener) {
			root.document.addEventListener('securitypolicyviolation', violated);
		}
		try {
			/* Firefox delays a second attempt on the same path. */
			socket = new root.WebSocket(base + '/v1/' + Math.random(), SUBPROTOCOL);
		} catch (error) {
			setTimeout(function () { end({why: 'csp', cause: '' + error}); }, 0);
			return noop;
		}
		after(limit, waiting);
		after(HELLO_TIMEOUT, silent);
		/* Chromium ends a connection forbidden by CSP with error and no close. */
		socket.onerror = function () { after(1000, function () { end({why: 'csp'}); }); };
		socket.onclose = function (event) {
			end({why: event.code === 4403 ? 'refused' : 'closed', close: event.code, reason: event.reason});
		};
		socket.onopen = function () {
			if (socket.protocol !== SUBPROTOCOL) {
				end({why: 'foreign'});
			} else {
				socket.send(encode({jsonrpc: '2.0', id: 0, method: 'agent.hello', params: hello}, 1));
			}
		};
		socket.onmessage = function (event) {
			var message = received(event.data);
			if (!message) { return end({why: 'foreign'}); }
			if (message.id !== 0) { return undefined; }
			return end(message.error ? {why: 'error', error: answered(message.error)} : {socket: socket, hello: message.result});
		};
		return function () { end({why: 'cancelled'}); };
	}

	/* ---- the client ---- */

	function Client(options) {
		var self = this;
		self.options = bare(options);
		self.locale = language(self.options.locale);
		self.state = 'closed';
		self.info = null;
		self.port = 0;
		self._handlers = create(null);
		self._calls = create(null);
		self._lastId = 0;
		self._waiters = [];
		self._drives = create(null);
		self._giveUp = noop;
		each(METHODS, function (method) {
			var parts = split(method, '.');
			if (!has(self, parts[0])) { put(self, parts[0], {}); }
			put(self[parts[0]], parts[1], function (params, callback) { return self.call(method, params, callback); });
		});
		self.renewal.drive = function (order, hall, settings, callback) { return self.drive(order, hall, settings, callback); };
		if (typeof self.options.onstate === 'function') { self.on('state', self.options.onstate); }
	}

	Client.prototype.on = function (event, handler) {
		add(this._handlers[event] = this._handlers[event] || [], handler);
		return this;
	};

	Client.prototype.off = function (event, handler) {
		var kept = [];
		each(this._handlers[event] || [], function (one) { if (handler && one !== handler) { add(kept, one); } });
		this._handlers[event] = kept;
		return this;
	};

	Client.prototype._emit = function (event, value) {
		var handlers = [];
		each(this._handlers[event] || [], function (handler) { add(handlers, handler); });
		each(handlers, function (handler) { shielded(handler, value); });
	};

	Client.prototype._enter = function (name, error) {
		this.state = name;
		this._emit('state', {name: name, text: error ? error.message : text(name, this.locale), error: error || null});
	};

	/* Connects, or tells at once when connected. Calls at the same time share one attempt. */
	Client.prototype.connect = function (callback) {
		var self = this;
		return promised(callback, function (done) {
			if (self._socket) { return done(null, self); }
			add(self._waiters, done);
			if (self._waiters.length === 1) {
				clearTimeout(self._timer);
				self._enter('connecting');
				self._round(!self._quick);
			}
			return undefined;
		});
	};

	Client.prototype._settle = function (error) {
		var self = this, waiters = self._waiters;
		self._waiters = [];
		self._enter(error ? error.name : 'open', error);
		if (!error) { self._emit('open', self.info); }
		each(waiters, function (done) { shielded(done, error, error ? undefined : self); });
	};

	/* Tries the ports one after the other. */
	Client.prototype._round = function (again) {
		var self = this, ports = self.options.ports || PORTS, tried = [], other = false;

		function fail(name, more) {
			var data = copy(more);
			put(data, 'tried', tried);
			self._settle(failure(name, self.locale, data));
		}
		/* Chromium (only it has userAgentData) asks also when nobody listens; its question outlives the connection. */
		function absent(state) {
			var asks = state === 'prompt' && root.navigator.userAgentData !== undefined, error;
			error = failure(other ? 'agent.other_user' : 'agent.not_running', self.locale, {tried: tried, asks: asks});
			if (asks) { error.message += (self.locale === 'zh' ? '' : ' ') + text('browser.prompt', self.locale); }
			self._settle(error);
		}
		function finish(state) {
			if (again && state === 'granted') {
				self._timer = setTimeout(function () { self._round(false); }, 500);
				self._giveUp = function () { clearTimeout(self._timer); fail('agent.lost', {retry: 'no'}); };
			} else {
				absent(state);
			}
		}
		function judge(i, result) {
			if (result.socket) { return self._adopt(result, tried); }
			if (result.why === 'cancelled') { return fail('agent.lost', {retry: 'no'}); }
			if (result.why === 'error') { return self._settle(result.error); }
			if (result.why === 'csp') { return fail('browser.csp'); }
			if (result.why === 'refused' && result.reason !== 'other user') {
				return fail(own(REFUSALS, result.reason) || 'agent.refused', {reason: result.reason});
			}
			other = other || result.why === 'refused';
			return permission(function (state) {
				var name = result.why === 'closed' ? gate(state, result.slow) : '';
				if (name) { fail(name); } else if (i + 1 < ports.length) { attempt(i + 1); } else { finish(state); }
			});
		}
		function attempt(i) {
			self._giveUp = dial(ports[i], {protocols: [1], locale: self.locale === 'zh' ? 'zh-CN' : 'en'},
				function () { self._enter('browser.prompt'); },
				function (result) {
					add(tried, {port: ports[i], why: result.why || 'open', close: result.close, reason: result.reason, ms: result.ms});
					judge(i, result);
				});
		}
		if (!root.WebSocket) { return fail('browser.unsupported'); }
		return attempt(0);
	};

	Client.prototype._adopt = function (result, tried) {
		var self = this, socket = result.socket, minimum = self.options.minimum;
		socket.onerror = null;
		if (minimum && compareVersions(own(result.hello, 'version'), minimum) < 0) {
			socket.onclose = socket.onmessage = null;
			socket.close();
			return self._settle(failure('agent.outdated', self.locale,
				{version: own(result.hello, 'version'), minimum: minimum, tried: tried}));
		}
		self._socket = socket;
		self.port = tried[tried.length - 1].port;
		self._quick = false;
		self.info = result.hello;
		socket.onmessage = function (event) { self._receive(event.data); };
		socket.onclose = function (event) { self._lost(event.code, event.reason); };
		return self._settle(null);
	};

	/* Tells the page while a call takes long: every five seconds, how long it took and how long it may take. */
	Client.prototype._watch = function (id, method, n) {
		var self = this, limit = own(SECONDS, method);
		setTimeout(function () {
			if (!self._calls[id]) { return; }
			self._emit('slow', {method: method, seconds: n * SLOW / 1000, limit: limit});
			self._watch(id, method, n + 1);
		}, SLOW);
	};

	Client.prototype._receive = function (data) {
		var message = received(data), done;
		if (!message) { return this._drop(4400, 'protocol'); }
		if (message.method) { return this._emit(message.method, message.params); }
		done = this._calls[message.id];
		delete this._calls[message.id];
		if (!done) { return undefined; }
		return message.error ? done(answered(message.error)) : done(null, message.result);
	};

	Client.prototype._drop = function (close, reason, wanted) {
		var socket = this._socket;
		socket.onmessage = socket.onclose = null;
		socket.close(1000);
		this._lost(close, reason, wanted);
	};

	Client.prototype._lost = function (close, reason, wanted) {
		var self = this, calls = self._calls, name, id, error;
		name = close === 4403 ? own(REFUSALS, reason) || 'agent.refused' : close === 1009 ? 'request.too_large' : 'agent.lost';
		error = failure(name, self.locale, wanted ? {retry: 'no'} : {close: close, reason: reason});
		self._socket = null;
		self._calls = create(null);
		self._enter(wanted ? 'closed' : name, wanted ? null : error);
		self._emit('close', error);
		for (id in calls) { shielded(calls[id], error); }
		if (!wanted && close < 4400 && self.options.reconnect !== false) { self._reconnect(0); }
	};

	Client.prototype._reconnect = function (n) {
		var self = this;
		if (n === RECONNECT_DELAYS.length || self._socket || self._waiters.length) { return; }
		self._timer = setTimeout(function () {
			self._quick = true;
			self.connect(function (error) {
				self._quick = false;
				if (error && error.name === 'agent.not_running') { self._reconnect(n + 1); }
			});
		}, RECONNECT_DELAYS[n]);
	};

	/* Ends the connection; running calls fail with agent.lost. A later call connects again. */
	Client.prototype.close = function () {
		clearTimeout(this._timer);
		if (this._socket) {
			this._drop(1000, '', true);
		} else if (this._waiters.length) {
			this._giveUp();
		}
	};

	/* Calls a method by name; connects first when there is no connection. */
	Client.prototype.call = function (method, params, callback) {
		var self = this;
		if (typeof params === 'function') { callback = params; params = undefined; }
		return promised(callback, function (done) {
			self.connect(function (error) {
				var id, message;
				if (error) { return done(error); }
				id = ++self._lastId;
				try {
					message = encode({jsonrpc: '2.0', id: id, method: method, params: params || {}}, 1);
				} catch (deep) {
					return done(failure('request.invalid', self.locale));
				}
				if (bytes(message) > MESSAGE_LIMIT) { return done(failure('request.too_large', self.locale)); }
				if (!self._socket) { return done(failure('agent.lost', self.locale)); }
				self._calls[id] = done;
				if (has(SECONDS, method)) { self._watch(id, method, 1); }
				return self._socket.send(message);
			});
		});
	};

	/* ---- a whole renewal ---- */

	/* Calls a function the page supplied: it returns a value or a promise, or takes (argument, done). */
	function ask(hall, name, argument, done) {
		var over = false, value;
		function once(error, result) {
			if (!over) { over = true; done(error, result); }
		}
		function failed(error) { once(error || new Error('hall.' + name)); }
		try { value = hall[name](argument, once); } catch (error) { return failed(error); }
		if (value && typeof value.then === 'function') {
			value.then(function (result) { once(null, result); }, failed);
		} else if (value !== undefined || hall[name].length < 2) {
			once(null, value);
		}
		return undefined;
	}

	/* At install: the key does not hold the pair that the hall issued for. */
	function isForOther(error) {
		return error.name === 'renewal.state' || (error.name === 'certificate.mismatch' && own(error.data, 'what') === 'spki');
	}

	/* The same, when the certificate is there and the agent sees that its key is lost. */
	function isWithoutKey(error) { return error.name === 'renewal.state' || error.name === 'certificate.no_key'; }

	/* All was done, and the certificate is gone again: the last write on a key can tear it. */
	function isBereft(info, issued) {
		return Boolean(info.source === 'key' && info.publicKey && info.publicKey === issued.publicKey && issued.certificate);
	}

	function isEnvelope(error) { return error.name === 'encryption.unopened' || error.name === 'encryption.mismatch'; }

	/*
	 * What to do next is read from the key (renewal.inspect) and from the hall (hall.issued), never remembered. Bounded:
	 * by `retries` what may pass by itself, by ROUNDS everything; one new request and one new envelope a run.
	 */
	function drive(client, order, hall, settings, done) {
		var options = pick(settings, ['certificate', 'key', 'keyType', 'dual', 'patience', 'retries', 'onstep']);
		var rounds = 0, retries = options.retries === undefined ? 2 : options.retries;
		var begun = false, renewed = false, ended = false, again = false, bound, deadline;

		function step(name) { if (options.onstep) { shielded(options.onstep, {order: order, step: name}); } }
		function stop(name) { done(failure(name, client.locale, {order: order})); }
		function failed(error) {
			var later = error.name === 'agent.not_running' || (error.data && given(error.data, 'retry') === 'later');
			if (later && retries-- > 0) { setTimeout(look, RETRY_DELAY); } else { done(error); }
		}
		function then(next) {
			return function (error, value) { if (error) { failed(error); } else { next(value); } };
		}
		/* Asks the page's function that answers with what the hall has for the order. */
		function consult(name, argument, next) {
			ask(hall, name, argument, then(function (answer) {
				next(pick(answer, ['certificate', 'chain', 'encryption', 'publicKey', 'installed']));
			}));
		}
		/*
		 * bound is the public key that the hall has for the order: it finds the pair on a key that keeps no mark. With the
		 * same key it would find the old pair, which is not the order's.
		 */
		function withKey(params) {
			if (bound && options.key !== 'same') { params.publicKey = bound; }
			return params;
		}
		function look() {
			if (++rounds > ROUNDS) { return stop('renewal.stuck'); }
			step('inspect');
			return client.call('renewal.inspect', withKey({order: order}), then(function (info) {
				consult('issued', {order: order}, function (issued) { choose(bare(info), issued); });
			}));
		}
		function choose(info, issued) {
			var early = info.stage === 'nothing' || info.stage === 'key', news = issued.publicKey && issued.publicKey !== bound;
			bound = issued.publicKey || bound;
			if (early && news && options.key !== 'same' && info.publicKey !== bound) { return look(); }
			/* The hall can have lost the receipt; only what is seen on the key can sign it again. */
			if (info.next === 'none' && !(issued.certificate && issued.installed === false && info.source === 'key')) {
				return finish(info.stage, []);
			}
			/* Another tab may have done it since the key was looked at. */
			if (early && issued.installed && !ended) { ended = true; return look(); }
			if (early && issued.installed && !isBereft(info, issued)) { return finish(info.stage, []); }
			if (info.next === 'complete' && issued.installed) { return complete(issued); }
			if (early && !(info.publicKey && info.publicKey === issued.publicKey)) { return begin(); }
			if (issued.certificate) { return install(issued, early); }
			return early ? wait(info.publicKey, 2000) : stop('hall.unissued');
		}
		function begin() {
			var params = {order: order, certificate: options.certificate, key: options.key || 'new'};
			if (options.keyType) { params.keyType = options.keyType; }
			if (options.dual !== undefined) { params.dual = options.dual; }
			step('begin');
			client.call('renewal.begin', withKey(params), then(function (request) {
				begun = true;
				step('key');
				consult('key', request, function (issued) {
					bound = own(request, 'publicKey');
					take(issued, bound, 2000);
				});
			}));
		}
		/* The hall's answer for this key; another computer may have asked for another key meanwhile. */
		function take(issued, publicKey, delay) {
			if (!issued.certificate) { return wait(publicKey, delay); }
			return issued.publicKey && issued.publicKey !== publicKey ? look() : install(issued, true);
		}
		function wait(publicKey, delay) {
			deadline = deadline || now() + (options.patience === undefined ? 120000 : options.patience);
			if (now() >= deadline) { return stop('hall.pending'); }
			step('wait');
			return setTimeout(function () {
				consult('issued', {order: order}, function (issued) { take(issued, publicKey, Math.min(delay * 1.5, 15000)); });
			}, delay);
		}
		function install(issued, early) {
			var params = {order: order, certificate: issued.certificate, chain: issued.chain || []};
			if (issued.encryption) { params.encryption = issued.encryption; }
			step('install');
			client.call('renewal.install', withKey(params), function (error, result) {
				if (!error) {
					step('receipt');
					ask(hall, 'receipt', own(result, 'receipt'), then(function () { complete(issued); }));
				} else if (isEnvelope(error)) {
					envelope(error, early);
				} else if (!begun && (early ? isForOther(error) : isWithoutKey(error))) {
					begin();
				} else {
					failed(error);
				}
			});
		}
		/* The same envelope would fail again: a new one, once. */
		function envelope(error, early) {
			if (renewed || !given(hall, 'envelope')) { return done(error); }
			step('envelope');
			return consult('envelope', {order: order}, function (issued) {
				renewed = true;
				if (issued.certificate && issued.encryption) { install(issued, early); } else { done(error); }
			});
		}
		/* An encryption key that broke since is imported again, once. */
		function complete(issued) {
			step('complete');
			client.call('renewal.complete', withKey({order: order}), function (error, result) {
				if (!error) {
					finish('completed', own(result, 'retired'));
				} else if (isEnvelope(error) && issued.encryption && !again) {
					again = true;
					install(issued, false);
				} else {
					failed(error);
				}
			});
		}
		function finish(stage, retired) {
			step('done');
			done(null, {order: order, stage: stage, retired: retired});
		}
		look();
	}

	/*
	 * Brings an order from wherever it stands to its end; first try and recovery are the same call. Asking twice for
	 * one order joins the run that is under way.
	 */
	Client.prototype.drive = function (order, hall, options, callback) {
		var self = this;
		if (typeof options === 'function') { callback = options; options = undefined; }
		return promised(callback, function (done) {
			var waiters = self._drives[order];
			if (waiters) { return add(waiters, done); }
			waiters = self._drives[order] = [done];
			return drive(self, order, hall, options || {}, function (error, result) {
				delete self._drives[order];
				each(waiters, function (waiter) { shielded(waiter, error, result); });
			});
		});
	};

	return {
		Client: Client,
		KeyhallError: KeyhallError,
		connect: function (options, callback) {
			if (typeof options === 'function') { callback = options; options = undefined; }
			return new Client(options).connect(callback);
		},
		compareVersions: compareVersions,
		text: text,
		methods: METHODS,
		states: STATES,
		ports: PORTS
	};
}));
