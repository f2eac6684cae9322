/*
 * Every error of the agent, the SDK and the hall by its name: what failed and what to do, [中文, English] each, one
 * sentence each. `name.left` and `name.what` stand before `name`. {…} is filled from the error's data and {hotline};
 * a […] whose field is missing is left out. tests/contract/problems.test.mjs holds it against both lists of errors.
 */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};

	var CALL = ['请拨打 {hotline}，并告知订单号和错误代码。', 'Call {hotline} and tell the order and the error.'];
	var LATER = ['请稍候重试；仍未解决请拨打 {hotline}。', 'Try again in a moment; if it stays, call {hotline}.'];
	var REPLUG = ['请重新插拔 USB Key 后再试；仍未解决请拨打 {hotline}。', 'Unplug the key, plug it in again and try again; if it stays, call {hotline}.'];
	var RELOAD = ['请刷新页面后重试；仍未解决请拨打 {hotline}。', 'Reload the page and try again; if it stays, call {hotline}.'];
	var UPDATE = ['请下载安装新版控件后重试。', 'Install the new version, then try again.'];
	var GO_ON = ['请在服务厅重新打开该订单，从当前步骤继续。', 'Open the order again and go on from where it stands.'];
	var ENVELOPE = ['请点击“安装证书”重新获取，签名证书不受影响；仍未解决请拨打 {hotline}。',
		'Click “Install” to fetch it again; the signing certificate stays usable. If it stays, call {hotline}.'];

	function row(zh, en, remedy) { return {text: [zh, en], remedy: remedy}; }

	Hall.problems = {
		/* the page and the network */
		'hall.unreachable': row('无法连接服务厅。', 'The service hall cannot be reached.',
			['请检查网络连接后重试。', 'Check the network and try again.']),
		'browser.prompt': row('浏览器正在询问是否允许本网页访问数字证书控件。', 'The browser asks whether this page may reach the key agent.',
			['请点击“允许”。', 'Click “Allow”.']),
		'browser.dismissed': row('浏览器的询问窗口已被关闭。', 'The browser\'s question was closed.',
			['请重新检测，并点击“允许”。', 'Check again and click “Allow”.']),
		'browser.blocked': row('浏览器已禁止本网页访问数字证书控件。', 'The browser blocks this page from the key agent.',
			['请点击地址栏左侧的图标，在网站权限中允许访问本机应用，然后重试。',
				'Click the icon left of the address, allow access to apps on this device, then try again.']),
		'browser.insecure': row('浏览器只允许 https 网页访问数字证书控件。', 'The browser lets only https pages reach the key agent.',
			['请使用 https:// 打开服务厅。', 'Open the service hall with https://.']),
		'browser.frame': row('本网页被嵌入其他网页中，无法访问数字证书控件。', 'This page is inside another page that keeps it from the key agent.',
			['请在单独的窗口中打开服务厅。', 'Open the service hall in a window of its own.']),
		'browser.csp': row('网页的安全策略不允许访问数字证书控件。', 'The page\'s own security policy keeps it from the key agent.', CALL),
		'browser.unsupported': row('浏览器版本过低，无法使用数字证书控件。', 'This browser is too old for the key agent.',
			['请更换新版浏览器。', 'Use a newer browser.']),

		/* the agent and the way to it */
		'agent.not_running': row('未检测到数字证书控件。', 'The key agent is not running.',
			['请启动控件后重试；如未安装，请先下载安装。', 'Start it, or install it, then try again.']),
		'agent.other_user': row('本机仅有其他用户在运行数字证书控件。', 'Only another user of this computer is running the key agent.',
			['请在当前用户下启动控件后重试。', 'Start it for yourself, then try again.']),
		'agent.outdated': row('数字证书控件版本过低[（{version}）]。', 'The key agent[ {version}] is too old.', UPDATE),
		'agent.protocol': row('数字证书控件版本过旧，与本页面不兼容。', 'The key agent is too old for this page.', UPDATE),
		'agent.connections': row('使用数字证书控件的网页过多。', 'Too many pages use the key agent.',
			['请关闭其他网页后重试。', 'Close some of them and try again.']),
		'agent.refused': row('数字证书控件拒绝了连接[（{reason}）]。', 'The key agent refused the connection[ ({reason})].', CALL),
		'agent.lost': row('与数字证书控件的连接已断开。', 'The connection to the key agent was lost.',
			['请确认控件正在运行，然后继续。', 'See that the key agent is running, then go on.']),
		'agent.busy': row('该 USB Key 正在进行其他操作。', 'Another operation is running on this key.',
			['请等待其结束，或完成已弹出的 PIN 码窗口后重试。', 'Wait for its end, or answer the PIN window that is open, then try again.']),
		'agent.failed': row('数字证书控件内部错误。', 'The key agent had an internal error.', LATER),
		'agent.stopping': row('数字证书控件正在退出。', 'The key agent is stopping.', ['请重新启动控件后继续。', 'Start it again, then go on.']),
		'agent.mixed': row('数字证书控件的组件版本不一致[（{value}）]。', 'A part of the key agent is of another version[ ({value})].',
			['请重新启动控件，或注销后重新登录，然后继续；仍然如此时请重新安装控件。', 'Start it again, or log out and in, then go on; if that does not help, install it again.']),
		'origin.denied': row('本网页未获准使用数字证书控件或服务厅。', 'This page may not use the key agent or the hall.', CALL),
		'request.invalid': row('控件无法识别网页的请求。', 'The key agent did not understand the page.', RELOAD),
		'request.sequence': row('控件无法识别网页的请求顺序。', 'The page spoke to the key agent out of turn.', RELOAD),
		'request.too_large': row('发送给控件的数据过大。', 'The data for the key agent are too large.', CALL),

		/* the key */
		'driver.missing': row('未安装该 USB Key 的驱动程序。', 'The driver of this key is not installed.',
			['请下载安装驱动程序后重试。', 'Install the driver, then try again.']),
		'token.absent': row('未检测到 USB Key。', 'The key is not plugged in.',
			['请插入办理该订单的 USB Key 后重试。', 'Plug in the key of this order and try again.']),
		'token.removed': row('USB Key 已被拔出。', 'The key was pulled out.',
			['请重新插入原来的 USB Key，然后继续。', 'Plug the same key in again, then go on.']),
		'token.busy': row('USB Key 正被其他程序[（{holder}）]占用。', 'Another program[ ({holder})] is using the key.',
			['请关闭该程序后重试。', 'Close that program, then try again.']),
		'token.full': row('USB Key 存储空间不足。', 'There is no room left on the key.',
			['请拨打 {hotline}，由客服协助清理；订单会为您保留。', 'Call {hotline}: our staff helps to make room; your order is kept.']),
		'token.failed': row('USB Key 或其驱动程序出错。', 'The key or its driver failed.', REPLUG),
		'token.unsupported': row('该 USB Key 不支持此操作。', 'This key cannot do that.', CALL),
		'token.ambiguous': row('检测到两个无法区分的 USB Key[（{label}）]。', 'Two keys that are plugged in cannot be told apart[ ({label})].',
			['请拔出其中一个，只保留需要办理的 USB Key，然后重试。', 'Unplug one of them, leave the one you need, and try again.']),
		'token.readonly': row('该 USB Key 处于写保护状态，无法写入。', 'The key is write-protected; nothing can be written to it.',
			['请关闭 USB Key 的写保护后重新插入；无法关闭请拨打 {hotline}。', 'Switch the write protection off and plug it in again; if you cannot, call {hotline}.']),
		'pin.incorrect.many': row('PIN 码不正确。', 'The PIN is not correct.', ['请核对后重新输入。', 'Please check it and enter it again.']),
		'pin.incorrect.low': row('PIN 码不正确，剩余尝试次数不多。', 'The PIN is not correct; few tries are left.',
			['请核对后重新输入，连续输错将锁定 USB Key。', 'Check it and enter it again; more wrong PINs lock the key.']),
		'pin.incorrect.last': row('PIN 码不正确，只剩最后一次机会。', 'The PIN is not correct; one try is left.',
			['再次输错将锁定 USB Key；如不确定，请先拨打 {hotline}。', 'Another wrong PIN locks the key; if unsure, call {hotline} first.']),
		'pin.incorrect': row('PIN 码不正确。', 'The PIN is not correct.', ['请核对后重新输入。', 'Please check it and enter it again.']),
		'pin.locked': row('PIN 码已锁定。', 'The PIN is locked.',
			['请拨打 {hotline} 办理解锁；订单会为您保留，解锁后可从当前步骤继续。',
				'Call {hotline} to have it unlocked; your order is kept and goes on from this step.']),
		'pin.cancelled': row('未输入 PIN 码，操作已取消。', 'No PIN was entered.', ['准备好后请重新操作。', 'Try again when you are ready.']),
		'pin.unset': row('该 USB Key 尚未设置 PIN 码。', 'The key has no PIN yet.', ['请拨打 {hotline} 设置 PIN 码。', 'Call {hotline} to have a PIN set.']),
		'pin.expired': row('该 USB Key 须先修改 PIN 码才能使用。', 'The PIN has to be changed before the key can be used.',
			['请点击“修改 PIN 码”，修改后继续办理。', 'Click “Change the PIN”, then go on.']),
		'pin.ended': row('USB Key 的登录状态已失效，可能由其他程序引起。', 'The login on the key has ended, perhaps by another program.',
			['请关闭其他正在使用 USB Key 的程序，重新输入 PIN 码。', 'Close other programs that use the key, and enter the PIN again.']),
		'pin.unavailable': row('无法打开 PIN 码输入窗口。', 'The PIN window could not be opened.',
			['请重新启动控件后重试；仍未解决请拨打 {hotline}。', 'Start the key agent again and try again; if it stays, call {hotline}.']),
		'pin.unchanged': row('新 PIN 码不符合 USB Key 的要求，PIN 码未修改。', 'The key did not accept the new PIN; the old one still holds.',
			['请继续使用原 PIN 码，或换一个新 PIN 码再试。', 'Go on with the old PIN, or try another new one.']),

		/* the renewal on the key */
		'order.mismatch': row('插入的 USB Key 与订单不一致。', 'This is not the key of this order.',
			['请插入办理该订单的 USB Key[（序列号 {serial}）]。', 'Plug in the key[ with serial number {serial}] that the order was made for.']),
		'renewal.window': row('该证书不在更新期限内[（{opens} 至 {closes}）]。', 'The certificate is outside of its renewal window[ ({opens} to {closes})].',
			['请在期限内办理；已超过期限的，请申请新证书。', 'Come back within it; after it, apply for a new certificate.']),
		'renewal.state': row('USB Key 中的内容与订单进度不一致。', 'What is on the key does not fit the order\'s progress.',
			['请再试一次；仍未解决请拨打 {hotline}，并告知订单号。', 'Try once more; if it stays, call {hotline} and tell the order.']),
		'renewal.stuck': row('证书更新无法继续。', 'The renewal does not move on.', CALL),
		'certificate.absent': row('已插入的 USB Key 中没有该证书。', 'The certificate is not on any key that is plugged in.',
			['请插入存有该证书的 USB Key 后重试。', 'Plug in the key that holds it and try again.']),
		'certificate.no_key': row('USB Key 中没有与该证书对应的私钥，无法更新。', 'The key has no private key for this certificate.',
			['请插入另一个存有该证书的 USB Key，或拨打 {hotline}。', 'Plug in another key that holds it, or call {hotline}.']),
		'certificate.mismatch': row('签发的证书与订单或密钥不符，未写入 USB Key。', 'The issued certificate does not fit the order or the key; it was not written.', CALL),
		'certificate.untrusted': row('证书不是由受信任的 CA 签发的，未写入 USB Key。', 'The certificate is not from a trusted CA; it was not written.', CALL),
		'encryption.unopened': row('加密证书的密钥导入失败。', 'The key of the encryption certificate could not be imported.', ENVELOPE),
		'encryption.mismatch': row('加密密钥与加密证书不匹配。', 'The encryption key does not fit its certificate.', ENVELOPE),

		/* the hall */
		'hall.pending': row('制证中，新证书尚未签发。', 'The certificate is still being made.',
			['请稍后点击“更新”继续；订单会为您保留，也可关闭页面稍后再来。', 'Go on in a while; your order is kept, and you may close this page.']),
		'hall.unissued': row('USB Key 中已有该订单的证书，但服务厅没有签发记录。', 'The certificate is on the key, but the hall does not know it.', CALL),
		'hall.failed': row('服务厅内部错误。', 'The service hall had an internal error.', LATER),
		'input.invalid': row('提交的内容有误[（{field}）]。', 'What was sent is not valid[ ({field})].', RELOAD),
		'page.absent': row('服务厅没有该页面。', 'The hall has no such page.', RELOAD),
		'order.absent': row('没有找到该订单。', 'There is no such order.',
			['请返回首页，重新选择证书。', 'Go back to the home page and choose the certificate again.']),
		'order.foreign': row('该订单是在另一浏览器中办理的。', 'This order was opened in another browser.',
			['请插入该订单的 USB Key，选择其证书后继续。', 'Plug in its key and choose its certificate to go on.']),
		'order.state': row('订单当前状态[（{state}）]不能进行此操作。', 'The order[ ({state})] does not allow this.', GO_ON),
		'order.reissues': row('该订单的补发次数已用完。', 'This order cannot be issued again.', CALL),
		'order.envelopes': row('重新获取加密密钥的次数已用完。', 'The encryption key cannot be had once more.', CALL),
		'key.import': row('该 USB Key 不能导入加密密钥，无法安装加密证书。', 'This key cannot take an encryption key.', CALL),
		'encryption.absent': row('该订单没有加密证书。', 'This order has no encryption certificate.', CALL),
		'window.early': row('还不能更新[，{opens} 起可以办理]。', 'It is too early[: renewal opens on {opens}].',
			['请在更新期限内再来办理。', 'Come back when it has opened.']),
		'window.late': row('已超过更新期限[（{closes}）]。', 'It is too late[: renewal closed on {closes}].',
			['请申请新证书；需要帮助请拨打 {hotline}。', 'Apply for a new certificate; for help call {hotline}.']),
		'certificate.foreign': row('该证书不是本机构签发的。', 'This certificate was not issued by this authority.',
			['请选择本机构签发的证书，或到签发机构办理。', 'Choose one of ours, or go to its issuer.']),
		'certificate.revoked': row('该证书已被吊销，不能更新。', 'This certificate is revoked and cannot be renewed.',
			['请拨打 {hotline} 咨询。', 'Call {hotline}.']),
		'certificate.usage': row('这是加密证书，不能单独更新。', 'This certificate is for encryption.',
			['请选择同一 USB Key 中的签名证书办理更新。', 'Choose the signing certificate on the same key.']),
		'proof.invalid.iat': row('本机时间不准确，旧证书的签名证明未被接受。', 'This computer\'s clock is wrong; the proof was not accepted.',
			['请校准系统时间后重试。', 'Correct the clock, then try again.']),
		'proof.invalid': row('旧证书的签名证明未通过验证。', 'The proof by the old certificate was not accepted.', CALL),
		'receipt.invalid.iat': row('本机时间不准确，安装回执未被接受。', 'This computer\'s clock is wrong; the receipt was not accepted.',
			['请校准系统时间后重试。', 'Correct the clock, then try again.']),
		'receipt.invalid': row('新证书的安装回执未通过验证。', 'The receipt by the new certificate was not accepted.', CALL),
		'payment.absent': row('没有这笔支付。', 'There is no such payment.', GO_ON),
		'payment.expired': row('支付已过期。', 'This payment has expired.', ['请回到服务厅重新获取二维码。', 'Go back to the hall for a new code.']),
		'notice.invalid': row('银行通知未通过验证。', 'The bank\'s notice was not accepted.', LATER),
		'ca.unavailable': row('制证中，CA 暂时无法签发。', 'The certificate is being made; the CA is away.',
			['请稍后继续；订单会为您保留。', 'Go on in a while; your order is kept.']),
		'ca.refused': row('制证未通过审核，已转人工处理。', 'The authority did not accept the request; our staff takes over.', CALL)
	};
}());
