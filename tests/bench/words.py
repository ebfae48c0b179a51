"""The words of the made-up corpus: some real ones of the trade in front, an endless tail behind."""

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


class Vocabulary:
    """Words whose frequency falls with their rank, as in any language (Zipf)."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        self._weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))

    def some(self, dice: random.Random, count: int) -> list[str]:
        """Draw that many words."""
        return dice.choices(self._words, cum_weights=self._weights, k=count)


def chinese(seed: int) -> Vocabulary:
    """Return the Chinese vocabulary of this seed."""
    dice = random.Random(f"zh:{seed}")
    tail = {"".join(dice.choices(_TAIL_CHARACTERS, k=dice.choice((2, 2, 2, 3)))) for _word in range(_TAIL)}
    return Vocabulary([*CHINESE, *_shuffled(tail - set(CHINESE), dice)])


def english(seed: int) -> Vocabulary:
    """Return the English vocabulary of this seed."""
    dice = random.Random(f"en:{seed}")
    tail = {"".join(dice.choices(_TAIL_SYLLABLES, k=dice.choice((2, 3)))) for _word in range(_TAIL)}
    return Vocabulary([*ENGLISH, *_shuffled(tail - set(ENGLISH), dice)])


def _shuffled(words: set[str], dice: random.Random) -> list[str]:
    # Sorted first: a set's own order differs from run to run.
    listed = sorted(words)
    dice.shuffle(listed)
    return listed
