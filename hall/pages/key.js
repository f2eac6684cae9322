/*
 * Which key belongs to the order, and what to say when it is not the one that is plugged in. An order is bound to one
 * key by its serial, where the key has one; no other key ever takes its place. Without a serial its certificate tells.
 */
(function () {
	'use strict';

	var Hall = window.Hall;

	/* Fills state.tokens, state.certificates and state.renewals; done(error). */
	function load(done) {
		var state = Hall.state;
		Hall.agent.call('token.list', {}, function (error, answer) {
			if (error) { done(error); return; }
			state.tokens = answer.tokens;
			Hall.agent.call('certificate.list', {}, function (failure, list) {
				if (failure) { done(failure); return; }
				state.certificates = list.certificates;
				Hall.agent.call('renewal.list', {}, function (ignored, found) {
					state.renewals = found ? found.renewals : [];
					done(null);
				});
			});
		});
	}

	function tokenBySerial(serial) {
		return Hall.state.tokens.filter(function (token) { return token.serial === serial; })[0] || null;
	}

	function tokenByUri(uri) {
		return Hall.state.tokens.filter(function (token) { return token.token === uri; })[0] || null;
	}

	function certificateById(id) {
		return Hall.state.certificates.filter(function (certificate) { return certificate.id === id; })[0] || null;
	}

	/* Whether renewal.list tells of this order: by its id, or by the mark where this computer does not remember the id. */
	function isOf(info, order) {
		return info.order ? info.order === order.id : Boolean(info.mark) && info.mark === order.mark;
	}

	/* What a key that is plugged in remembers of the order, or null. */
	function renewalOf(order) {
		return Hall.state.renewals.filter(function (info) {
			return isOf(info, order) && info.source === 'key' && info.token;
		})[0] || null;
	}

	function tokenOfRenewal(order) {
		var renewal = renewalOf(order);
		return renewal ? tokenByUri(renewal.token) : null;
	}

	/* The certificate that the clerk chose: its key may show it no more, now that the PIN is forgotten. */
	function chosenFor(order) {
		var chosen = Hall.state.certificate;
		return chosen && chosen.id === order.certificate.id && tokenByUri(chosen.token) ? chosen : null;
	}

	/* The key of this order among those plugged in, or null. */
	function ofOrder(order) {
		if (order.tokenSerial) { return tokenBySerial(order.tokenSerial); }
		var certificate = certificateById(order.certificate.id) || chosenFor(order);
		return certificate ? tokenByUri(certificate.token) : tokenOfRenewal(order);
	}

	function askFor(order, again) {
		var serial = order.tokenSerial;
		var others = Hall.state.tokens.map(summary).join(Hall.t('comma'));
		return Hall.notice('warn', {
			title: Hall.t('key.wrong.title'),
			text: serial ? Hall.t('key.wrong.serial', {serial: serial}) : Hall.t('key.wrong.certificate'),
			hint: others ? Hall.t('key.wrong.present', {serials: others}) : Hall.t('key.wrong.none'),
			name: 'order.mismatch',
			test: 'key-wrong',
			actions: [Hall.button('plain', Hall.t('key.again'), 'key-again', again)]
		});
	}

	/*
	 * Shows a spinner in `place` until the order's key is found, then calls found(token). Without it, asks for it
	 * by serial and looks again when the keys change.
	 */
	function need(order, place, found) {
		var look = Hall.wizard.live(function () {
			Hall.fill(place, Hall.spinner(Hall.t('key.looking')));
			load(Hall.wizard.live(function (error) {
				if (error) {
					Hall.refill(place, Hall.problem(error, {actions: [Hall.button('plain', Hall.t('retry'), 'retry', look)]}));
					return;
				}
				var token = ofOrder(order);
				if (token) {
					Hall.clear(place);
					found(token);
				} else {
					waitForKey();
				}
			}));
		});
		function waitForKey() {
			var stop = Hall.agent.on('token.changed', function () { stop(); look(); });
			function again() { stop(); look(); }
			Hall.refill(place, [askFor(order, again)].concat(order.tokenSerial ? [] : Hall.state.tokens.filter(isBare).map(function (token) {
				return Hall.reveal(token, again);
			})));
		}
		look();
	}

	function byPem(pem) {
		function bare(text) { return text.replace(/\s/g, ''); }
		return pem ? Hall.state.certificates.filter(function (certificate) {
			return bare(certificate.pem) === bare(pem);
		})[0] || null : null;
	}

	/* The new certificates of the order that are on a key: {sign, encrypt}, each or null. */
	function issuedOf(order) {
		var issued = order.issued || {};
		return {sign: byPem(issued.certificate), encrypt: byPem(issued.encryption && issued.encryption.certificate)};
	}

	/*
	 * An order that this browser may not have opened: showing its old certificate, or the new one, makes it known to the
	 * hall. done(order) with what the hall then tells, or with the order as it was.
	 */
	function claim(order, done) {
		var renewal = renewalOf(order);
		var certificate = certificateById(order.certificate.id);
		/* Later the new certificate is an old one, for an order of its own. */
		if (!certificate && order.state === 'ISSUED') {
			certificate = (renewal && certificateById(renewal.certificate)) || issuedOf(order).sign;
		}
		if (!certificate) { done(order); return; }
		Hall.state.certificate = certificate;
		Hall.api.open(certificate.pem, Hall.wizard.live(function (error, opened) {
			done(error || opened.id !== order.id ? order : opened);
		}));
	}

	function resume(order) { claim(order, Hall.wizard.follow); }

	/* Where the order stands on its key; publicKey finds its pair where the key keeps no mark. */
	function inspect(order, done) {
		var params = {order: order.id};
		if (order.publicKey) { params.publicKey = order.publicKey; }
		Hall.agent.call('renewal.inspect', params, done);
	}

	/* Shows no certificate: it has none, or shows them only after its PIN was verified. */
	function isBare(token) {
		return !Hall.state.certificates.some(function (certificate) { return certificate.token === token.token; });
	}

	function summary(token) {
		return Hall.t(token.serial ? 'key.summary' : 'key.summary.bare', {label: token.label || token.model, serial: token.serial});
	}

	Hall.key = {
		load: load, ofOrder: ofOrder, need: need, claim: claim, resume: resume, certificate: certificateById,
		issued: issuedOf, inspect: inspect, isBare: isBare, isOf: isOf, summary: summary
	};
}());
