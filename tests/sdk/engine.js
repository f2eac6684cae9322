/* Run after keyhall.js in an ES5 engine (duktape, mujs): no Promise, no timers, no browser. Prints ok or throws. */
/* global Keyhall, print */
(function () {
	'use strict';
	var root = this, queue = [], sockets = [], seen = [];

	function FakeSocket(url, protocol) {
		this.readyState = 0;
		this.protocol = protocol;
		this.url = url;
		sockets.push(this);
	}
	FakeSocket.prototype.close = function () { this.readyState = 3; };
	FakeSocket.prototype.send = function (text) {
		var socket = this, message = JSON.parse(text);
		var results = {
			'agent.hello': {version: '1.0.0', protocol: 1, origin: 'o', time: 't', features: []},
			'token.list': {tokens: [{label: '密钥'}]},
			'renewal.inspect': {order: 'A', stage: 'nothing', next: 'begin', source: 'key'},
			'renewal.begin': {csr: 'c', publicKey: 'p', proof: 'j', importAlgorithms: []},
			'renewal.install': {receipt: 'r'},
			'renewal.complete': {retired: []}
		};
		seen.push(message.method);
		queue.push(function () { socket.onmessage({data: JSON.stringify({jsonrpc: '2.0', id: message.id, result: results[message.method]})}); });
	};
	root.setTimeout = function () { return 0; };
	root.clearTimeout = function () {};
	root.WebSocket = FakeSocket;
	function settle() { while (queue.length) { queue.shift()(); } }
	function check(what, wanted, found) {
		if (wanted !== found) { throw new Error(what + ': ' + found + ', not ' + wanted); }
	}

	var client = new Keyhall.Client({locale: 'zh'}), error, answer, driven;
	client.connect(function (failure) { error = failure; });
	sockets[0].readyState = 1;
	sockets[0].onopen({});
	settle();
	check('connect', null, error);
	check('state', 'open', client.state);
	client.token.list(function (failure, result) { answer = result; });
	settle();
	check('answer', '密钥', answer.tokens[0].label);
	client.drive('A', {
		issued: function () { return null; },
		key: function (request, done) { done(null, {certificate: 'x', chain: []}); },
		receipt: function () {}
	}, {certificate: 'o'}, function (failure, result) { error = failure; driven = result; });
	settle();
	check('drive', null, error);
	check('stage', 'completed', driven.stage);
	check('calls', 'agent.hello,token.list,renewal.inspect,renewal.begin,renewal.install,renewal.complete', seen.join(','));
	client.token.list(function (failure) { error = failure; });
	sockets[0].onclose({code: 1006, reason: ''});
	check('lost', 'agent.lost', error.name);
	check('type', true, error instanceof Keyhall.KeyhallError && error instanceof Error);
	check('text', '与数字证书控件的连接已断开。', error.message);
	print('ok');
}).call(this);
