/* Step 7, 证书更新成功: one card of what is on the key now, and what the clerk must know about it. */
(function () {
	'use strict';

	var Hall = window.Hall;
	var look = window.KeyhallLook;

	function isDual(order) { return Boolean(order.issued && order.issued.encryption); }

	function validity(certificate) {
		return certificate && Hall.h('span', {'data-certificate': certificate.id, 'data-usage': certificate.usage, text: Hall.t('field.fromto', {
			from: Hall.format.date(certificate.notBefore), to: Hall.format.date(certificate.notAfter)
		})});
	}

	function numbers(certificate) {
		return certificate && [
			[look.text(Hall.language(), 'usage.' + certificate.usage), Hall.format.serial(certificate.serialNumber)],
			[Hall.t('field.issuer'), Hall.format.common(certificate.issuer)]
		];
	}

	function show(place, order) {
		var issued = Hall.key.issued(order);
		Hall.fill(place, [
			Hall.details([
				[Hall.t('field.company'), order.company || order.certificate.company],
				[Hall.t(isDual(order) ? 'usage.sign' : 'field.validity'), validity(issued.sign)],
				[Hall.t('usage.encrypt'), validity(issued.encrypt)],
				[Hall.t('field.token'), order.tokenSerial],
				[Hall.t('field.order'), Hall.format.order(order.id)],
				Hall.state.retired.length > 0 && [Hall.t(isDual(order) ? 'success.old.dual' : 'success.old'), Hall.t('success.retired')]
			]),
			issued.sign && Hall.h('details.more', {}, [
				Hall.h('summary', {text: look.text(Hall.language(), 'more')}),
				Hall.details((numbers(issued.sign) || []).concat(numbers(issued.encrypt) || []))
			])
		]);
	}

	Hall.steps.success = {
		enter: function (view) {
			var order = Hall.state.order;
			var place = Hall.h('div', {'data-test': 'success-details'});
			var manager = Hall.managerAddress();
			Hall.append(view, [
				Hall.h('div.success', {'data-test': 'success', role: 'status'}, [
					Hall.h('span.success-mark', {'aria-hidden': 'true', text: '✓'}),
					Hall.h('h3.success-title', {text: Hall.t('success.title')}),
					Hall.h('p', {text: Hall.t(isDual(order) ? 'success.text.dual' : 'success.text')})
				]),
				Hall.h('div.result', {}, [
					place,
					Hall.h('div.actions', {}, [
						manager && Hall.h('a.button.button-primary', {
							href: manager, target: '_blank', rel: 'noopener', text: Hall.t('success.certificate'), 'data-test': 'view-certificate'
						}),
						Hall.h('a.button.button-plain', {href: '/', text: Hall.t('success.home'), 'data-test': 'home'})
					]),
					Hall.h('p.field-note', {text: Hall.t('success.invoice'), 'data-test': 'invoice'})
				]),
				Hall.notice('warn', {title: Hall.t('success.seal.title'), text: Hall.t('success.seal.text'), test: 'seal-note'}),
				isDual(order) && Hall.notice('info', {text: Hall.t('success.encryption.kept'), test: 'encryption-note'})
			]);
			show(place, order);
			Hall.key.load(Hall.wizard.live(function () { show(place, order); }));
		}
	};
}());
