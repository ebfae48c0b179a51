"""The words of the made-up corpus: some real ones of the trade in front, an endless tail behind.

How often they come is set after the example vault: the most frequent word of the trade stands in some 15 of
100 passages, the most frequent little word in 30, and people write the same turns again and again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate

CHINESE = (
    "报价 客户 合同 样品 订单 预算 企业版 方案 交期 付款 价格 质量 发货 折扣 采购 技术 服务 测试 对接 系统 "
    "仓库 盘点 接口 安装 培训 验收 发票 账期 定金 尾款 竞品 优惠 数量 规格 包装 物流 海运 关税 展会 代理 "
    "续约 升级 投诉 反馈 回访 满意 确认 同意 拒绝 等待 老板 总监 经理 财务 仓管 车间 产线 试用 部署 上线 "
    "需求 功能 报表 权限 数据 迁移 备份 手持机 标签 打印机 条码 扫码 入库 出库 补货 退货 换货 维修 保修 "
    "月底 季度 年度 节前 节后 开会 出差 拜访 电话 邮件 微信 到岸价 离岸价 信用证 预付 分期 招标 投标 中标 "
    "评估 比价 压价 让利 返点 渠道 门店 加盟 直营 出口 进口 内销 打样 改版 图纸 材质 颜色 尺寸 重量 认证"
).split()

ENGLISH = (
    "quote customer contract sample order budget enterprise plan delivery payment price quality shipping "
    "discount purchase technical service test integration system warehouse stock interface install training "
    "acceptance invoice terms deposit balance competitor offer quantity specification packaging logistics "
    "freight customs fair agent renewal upgrade complaint feedback visit satisfied confirmed agreed refused "
    "waiting owner director manager finance trial rollout requirement feature report access data migration "
    "backup handheld label printer barcode scan inbound outbound refill return exchange repair warranty "
    "quarter annual meeting travel call mail landed credit prepaid instalment tender bid award review "
    "compare margin rebate channel store franchise export import domestic prototype drawing material colour"
).split()

# Words without a matter of their own; they stand between the others.
_CHINESE_LITTLE = "的 了 在 不 要 一 是 到 有 和 再 先 我方 对方 还 就 把 等 能 两".split()
_ENGLISH_LITTLE = "the a for on to in and at of by with two is no we she they off before after".split()

_TAIL_CHARACTERS = (
    "一二三大小上下中高新老东西南北春夏秋冬山水江河海天地日月星云风雨雪花草木林石金银铜铁玉珠光明清"
    "白黑红黄蓝绿青紫长短宽厚深浅远近快慢早晚先后内外前左右多少轻重冷热干湿软硬真实好美善安平和顺利"
    "通达广博文武学问书画诗歌琴棋茶酒米面油盐糖果菜鱼牛羊马鸟龙凤虎鹿家园店铺厂房车船路桥门窗桌椅"
    "床灯布衣帽鞋针线纸笔刀剪机器工具电气火炉泵阀管道板材料涂层模具轴承齿轮弹簧螺栓焊接切割冲压注塑"
)
_TAIL_SYLLABLES = (
    "ba co den fi gar hol in jo kel lam mor nu or pel qui ras sto tan ul ver win xa yor zen".split()
)
_TAIL = 20_000
_TURNS = 300


class Vocabulary:
    """Words whose frequency falls with their rank, as in any language: Zipf's law with Mandelbrot's shift.

    Without the shift the first word would stand in four of five passages.
    """

    def __init__(self, dice: random.Random, front: Sequence[str], tail: Sequence[str], little: Sequence[str]):
        self.words = [*front, *tail]
        self._weights = _falling(len(self.words), 25)
        self._tail = tail
        self._little = little
        self._little_weights = _falling(len(little), 3)
        self.turns = [self.some(dice, dice.randint(4, 6)) for _turn in range(_TURNS)]
        self._turn_weights = _falling(_TURNS, 5)

    def some(self, dice: random.Random, count: int) -> list[str]:
        """Draw that many words."""
        return dice.choices(self.words, cum_weights=self._weights, k=count)

    def rare(self, dice: random.Random, count: int) -> list[str]:
        """Draw that many words of the tail, each as likely as any other."""
        return dice.choices(self._tail, k=count)

    def little(self, dice: random.Random) -> str:
        """Draw a little word."""
        return dice.choices(self._little, cum_weights=self._little_weights)[0]

    def turn(self, dice: random.Random) -> list[str]:
        """Draw a turn of phrase: words that come together in many notes."""
        return dice.choices(self.turns, cum_weights=self._turn_weights)[0]


def _falling(count: int, shift: int) -> list[float]:
    return list(accumulate(1 / (rank + shift) for rank in range(1, count + 1)))


def chinese(seed: int) -> Vocabulary:
    """Return the Chinese vocabulary of this seed."""
    dice = random.Random(f"zh:{seed}")
    tail = {"".join(dice.choices(_TAIL_CHARACTERS, k=dice.choice((2, 2, 2, 3)))) for _word in range(_TAIL)}
    return Vocabulary(dice, CHINESE, _shuffled(tail - set(CHINESE), dice), _CHINESE_LITTLE)


def english(seed: int) -> Vocabulary:
    """Return the English vocabulary of this seed."""
    dice = random.Random(f"en:{seed}")
    tail = {"".join(dice.choices(_TAIL_SYLLABLES, k=dice.choice((2, 3)))) for _word in range(_TAIL)}
    return Vocabulary(dice, ENGLISH, _shuffled(tail - set(ENGLISH), dice), _ENGLISH_LITTLE)


def _shuffled(words: set[str], dice: random.Random) -> list[str]:
    # Sorted first: a set's own order differs from run to run.
    listed = sorted(words)
    dice.shuffle(listed)
    return listed
