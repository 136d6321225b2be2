// Check on this very page what the widget needs on any page, and say which part fails.
const violations = [];
const tell = (id, good, text) => {
  const item = document.getElementById(id);
  item.className = good === null ? 'open' : good ? 'good' : 'bad';
  item.textContent = text;
};
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  violations.push(`${violatedDirective} ${blockedURI}`);
});

addEventListener('DOMContentLoaded', async () => {
  tell('script', Boolean(window.FaqWidget), window.FaqWidget ? '脚本已加载，内容与校验值一致。' : '脚本没有加载：地址不对、被拦截，或内容与校验值不符。');
  const button = document.querySelector('faq-widget')?.shadowRoot.querySelector('button');
  tell('launcher', Boolean(button), button ? '按钮已显示在右下角。' : '没有按钮：脚本没有运行。');
  await checkService();
  await checkPanel();
  tell('policy', !violations.length, violations.length ? `策略拦截了：${violations.join('、')}` : '没有违反策略。');
  checkTraffic();
  const isPrivate = Boolean(document.body.dataset.private);
  tell('network', isPrivate ? null : true, isPrivate
    ? '服务在本机或内网地址：公网网站的访客打不开，浏览器还会询问“是否允许访问本地网络”。上线前请换成公网 https 地址。'
    : '服务在公网地址。');
});

async function checkService() {
  try {
    const response = await fetch('/api/v1/config', { credentials: 'omit' });
    tell('api', response.ok, response.ok ? `接口可用：${(await response.json()).name}。` : `接口回应 ${response.status}：知识库可能还没有打开，请稍后刷新。`);
  } catch (error) {
    tell('api', false, `接口连不上：${error.message}`);
  }
}

// Reaching for the button loads the panel without opening it.
async function checkPanel() {
  const shadow = document.querySelector('faq-widget')?.shadowRoot;
  shadow?.querySelector('button').dispatchEvent(new Event('pointerenter'));
  for (let tries = 0; tries < 50 && shadow && !shadow.getElementById('panel'); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const there = Boolean(shadow?.getElementById('panel'));
  tell('panel', there, there ? '面板已就绪，点右下角的按钮试问一句。' : '面板没有加载，请看浏览器控制台里 FaqWidget 的一行。');
}

function checkTraffic() {
  const loaded = performance.getEntriesByType('resource');
  const foreign = loaded.filter(({ name }) => new URL(name).origin !== location.origin).map(({ name }) => new URL(name).host);
  tell('hosts', !foreign.length, foreign.length ? `第三方请求：${foreign.join('、')}` : '第三方请求 0 个。');
  const sizeOf = (...names) => loaded.filter(({ name }) => names.some((each) => name.endsWith(each))).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  const launcher = sizeOf('widget.js'), panel = sizeOf('panel.js', 'panel.css', 'strings/zh-CN.json');
  tell('bytes', launcher > 0 && panel > 0, `打开网页时 ${kilobytes(launcher)}，第一次点开时再 ${kilobytes(panel)}。`);
}
