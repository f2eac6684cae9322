/* 修改 PIN 码 and 检验 PIN 码 outside of their step: the agent's own window asks; the page waits and says how it went. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};

	/* words: names of texts, {waiting, title, failed} */
	function ask(method, token, place, words, done) {
		Hall.wizard.busy(true);
		Hall.refill(place, [
			Hall.notice('info', {title: Hall.t(words.title), text: Hall.t('pin.waiting.text'), test: 'pin-waiting'}),
			Hall.spinner(Hall.t(words.waiting))
		]);
		Hall.agent.call(method, {token: token}, Hall.wizard.live(function (error) {
			Hall.wizard.busy(false);
			if (!error) { Hall.clear(place); done(); return; }
			Hall.refill(place, Hall.problem(error, {
				title: Hall.t(error.name === 'pin.cancelled' ? 'pin.cancelled' : words.failed),
				kind: error.name === 'pin.cancelled' ? 'warn' : 'bad'
			}));
		}));
	}

	/* The key that the agent did not name: the one whose PIN must be changed. */
	function expired(found, failed) {
		Hall.agent.call('token.list', {}, Hall.wizard.live(function (error, answer) {
			var token = error ? null : answer.tokens.filter(function (one) { return one.pin === 'expired'; })[0];
			if (token) { found(token.token); } else { failed(error || {name: 'token.absent'}); }
		}));
	}

	/* The button; token: URI of the key, place: where it is said how it went, changed(): the new PIN holds. */
	Hall.changePin = function (token, place, changed) {
		var words = {waiting: 'pin.changing', title: 'pin.changing.title', failed: 'pin.change.failed'};
		function change(uri) {
			ask('pin.change', uri, place, words, function () {
				Hall.wizard.say(Hall.t('pin.changed'));
				changed();
			});
		}
		return Hall.button('primary', Hall.t('pin.change'), 'pin-change', function () {
			if (token) { change(token); return; }
			expired(change, function (error) { Hall.fill(place, Hall.problem(error)); });
		});
	};

	/*
	 * Some keys show no certificate before their PIN was verified. Says so for one that shows none, with the button;
	 * verified(): read it again.
	 */
	Hall.reveal = function (token, verified) {
		var words = {waiting: 'pin.waiting', title: 'pin.waiting.title', failed: 'pin.failed'};
		var place = Hall.h('div', {'aria-live': 'polite'});
		return Hall.h('div', {}, [
			Hall.notice('info', {
				text: Hall.t('reveal.text'), test: 'reveal',
				actions: [Hall.button('plain', Hall.t('reveal.verify'), 'reveal-verify', function () {
					ask('pin.verify', token.token, place, words, verified);
				})]
			}),
			place
		]);
	};
}());
