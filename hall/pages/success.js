/* Step 7, 证书更新成功: what is on the key now and what the clerk must know about it. */
(function () {
	'use strict';

	var Hall = window.Hall;

	function isDual(order) { return Boolean(order.issued && order.issued.encryption); }

	function certificateOf(usage, certificate) {
		return certificate && Hall.h('section.issued-one', {'data-certificate': certificate.id, 'data-usage': usage}, [
			Hall.h('h3', {text: Hall.t('usage.' + usage)}),
			Hall.details([
				[Hall.t('field.serial'), Hall.format.serial(certificate.serialNumber)],
				[Hall.t('field.issuer'), Hall.format.common(certificate.issuer)],
				[Hall.t('field.validity'), Hall.t('field.fromto', {
					from: Hall.format.date(certificate.notBefore), to: Hall.format.date(certificate.notAfter)
				})]
			])
		]);
	}

	function show(place, order) {
		var issued = Hall.key.issued(order);
		Hall.fill(place, [
			Hall.details([
				[Hall.t('field.company'), order.company || order.certificate.company],
				[Hall.t('field.order'), order.id],
				[Hall.t('field.token'), order.tokenSerial],
				Hall.state.retired.length > 0 && [Hall.t(isDual(order) ? 'success.old.dual' : 'success.old'), Hall.t('success.retired')]
			]),
			Hall.h('div.issued', {}, [certificateOf('sign', issued.sign), certificateOf('encrypt', issued.encrypt)])
		]);
	}

	Hall.steps.success = {
		enter: function (view) {
			var order = Hall.state.order;
			var place = Hall.h('div', {'data-test': 'success-details'});
			Hall.append(view, [
				Hall.h('div.success', {'data-test': 'success', role: 'status'}, [
					Hall.h('span.success-mark', {'aria-hidden': 'true', text: '✓'}),
					Hall.h('p.success-title', {text: Hall.t('success.title')}),
					Hall.h('p', {text: Hall.t(isDual(order) ? 'success.text.dual' : 'success.text')})
				]),
				place,
				Hall.notice('warn', {title: Hall.t('success.seal.title'), text: Hall.t('success.seal.text'), test: 'seal-note'}),
				isDual(order) && Hall.notice('info', {text: Hall.t('success.encryption.kept'), test: 'encryption-note'}),
				Hall.notice('info', {text: Hall.t('success.invoice')}),
				Hall.h('div.actions', {}, [
					Hall.h('a.button.button-primary', {href: '/', text: Hall.t('success.home'), 'data-test': 'home'})
				])
			]);
			show(place, order);
			Hall.key.load(Hall.wizard.live(function () { show(place, order); }));
		}
	};
}());
