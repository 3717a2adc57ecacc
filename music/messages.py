"""Error messages about music files, pieces, edits and generators, in English and Chinese, and the shipped pieces' titles.

Names of file fields, moods, voices and timbres are not translated.
"""

from typing import Final

from safefiles.messages import Catalogue, Templates
from safefiles.phrases import PHRASES

_TABLE: Final[dict[str, Templates]] = {
    # MIDI files
    "midi_file": ("a MIDI file", "MIDI 文件"),
    "midi_bytes": (
        "{where}: expected at most {most} bytes, found {found}",
        "{where}：至多 {most} 字节，实际为 {found}",
    ),
    "track": ("track {number}", "音轨 {number}"),
    "track_bytes": (
        "{where}: expected {expected} bytes, found {found}: the file is cut off",
        "{where}：应有 {expected} 字节，实际只有 {found}：文件不完整",
    ),
    "other_chunks": ("chunks of other kinds ({names})", "其他类型的块（{names}）"),
    "no_track": ("{where}: expected MTrk, found {found}", "{where}：应为 MTrk，实际为{found}"),
    "one_track_missing": (
        "{where}: expected 1 track, found none: the file ends early",
        "{where}：应有 1 条音轨，实际没有：文件提前结束",
    ),
    "ends_early": (
        "{where}: expected {said} tracks, found {found} and no notes: the file ends early",
        "{where}：应有 {said} 条音轨，实际为 {found} 条，没有音符：文件提前结束",
    ),
    "riff": (
        "{where}: expected a MIDI file in the chunk 'data' of a RIFF file, found no such chunk",
        "{where}：这个 RIFF 文件没有存放 MIDI 的 'data' 块",
    ),
    "midi_header": (
        "{where}: expected a MIDI header of 14 bytes, found {found}: the file is cut off",
        "{where}：MIDI 文件头应有 14 字节，实际只有 {found}：文件不完整",
    ),
    "empty_file": ("an empty file", "空文件"),
    "no_midi": (
        "{where}: expected a MIDI file that starts with MThd, found {found}",
        "{where}：不是 MIDI 文件：应以 MThd 开头，实际为 {found}",
    ),
    "header_size": (
        "{where}: expected a header of 6 bytes or more inside the file, found {found}",
        "{where}：文件头的长度应不少于 6 字节且在文件之内，实际为 {found}",
    ),
    "midi_type": (
        "{where}: expected MIDI of type 0 or 1, found {found}",
        "{where}：只支持 0 型和 1 型 MIDI，实际为 {found}",
    ),
    "most_tracks": (
        "{where}: expected 1 to {most} tracks, found {found}",
        "{where}：应有 1 到 {most} 条音轨，实际为 {found}",
    ),
    "division": (
        "{where}: expected time in ticks a beat, found division {found:#06x}",
        "{where}：时间应以每拍 tick 数计，实际为 {found:#06x}",
    ),
    "most_events": ("{where}: expected at most {most} events, found more", "{where}：事件超过 {most} 个"),
    "most_beats": ("{where}: expected at most {most} beats, found more", "{where}：超过 {most} 拍"),
    "status_byte": (
        "{where}: expected a status byte at byte {at}, found {found}",
        "{where}：第 {at} 字节应为状态字节，实际为 {found}",
    ),
    "odd_byte": (
        "{where}: expected no {byte:#04x} in a file, found one at byte {at}",
        "{where}：第 {at} 字节是文件中不应出现的 {byte:#04x}",
    ),
    "event_end": (
        "{where}: expected the event at byte {at} to end inside its track",
        "{where}：第 {at} 字节的事件超出了音轨",
    ),
    "quantity": (
        "{where}: expected a number of at most four bytes at byte {at}",
        "{where}：第 {at} 字节处的数应不超过四字节",
    ),
    "mido": (
        "{where}: expected a MIDI file that mido reads, found {cause}",
        "{where}：MIDI 文件的内容无法解析",
    ),
    "no_notes": ("{where}: expected notes, found none", "{where}：没有音符"),
    "most_notes": (
        "{where}: expected at most {most} notes, found {found}",
        "{where}：音符至多 {most} 个，实际为 {found}",
    ),
    "metre": (
        "{where}: expected 4/4 (or 2/4, 2/2) throughout, found {beats}/{unit}",
        "{where}：全曲应为 4/4 拍（或 2/4、2/2），实际有 {beats}/{unit}",
    ),
    "midi_tempo": (
        "{where}: expected a tempo from {low:.0f} to {high:.0f}, found {found:g}",
        "{where}：速度应为 {low:.0f} 到 {high:.0f}，实际为 {found:g}",
    ),
    "most_bars": (
        "{where}: expected at most {most} bars, found {found}",
        "{where}：至多 {most} 小节，实际为 {found}",
    ),
    # piece files
    "piece_file": ("a piece (.piece.json)", "曲子（.piece.json）"),
    "midi_for_piece": (
        "{where}: expected {expected}, found a MIDI file; convert it with music.midi.load.midi_to_piece",
        "{where}：这是 MIDI 文件，不是{expected}：请用“导入”",
    ),
    "text_of": ("a text of at most {most} characters", "至多 {most} 个字符的文本"),
    "items": ("{count} items", "{count} 项"),
    "list_of": ("a list of at most {most}", "至多 {most} 项的列表"),
    "either": ("{choices}", "以下之一：{names}"),
    "section_parts": ("name, first bar, bars", "名称、起始小节、小节数"),
    "note_parts": ("start, length, pitch, velocity", "起点、时值、音高、力度"),
    # the library
    "unknown_piece": ("piece: expected a name of the library, found {found}", "曲库里没有 {found}"),
    "no_undo": ("{title}: there is no edit to undo", "《{title}》没有可撤销的编辑"),
    "same_piece": (
        "{where}: expected another piece than {title}, found the same",
        "{where}：与《{title}》完全相同，没有可导入的改动",
    ),
    "shipped": (
        "{title}: shipped with the program; an edit makes your own copy",
        "《{title}》是游戏自带的曲子：编辑会另存为你自己的副本",
    ),
    "library_full": (
        "library: expected at most {most} pieces, found it full; delete some first",
        "曲库已满（至多 {most} 首），请先删除几首",
    ),
    "piece_name": ("{where}: expected a name of a-z, 0-9, - and _", "{where}：文件名只能用 a-z、0-9、- 和 _"),
    "copy": (
        "{title}: expected at most {most:.0%} overlap with a training melody, found {found:.0%} in bars {first} to {last}",
        "《{title}》：与某首训练旋律的相似度应不超过 {most:.0%}，第 {first} 到 {last} 小节为 {found:.0%}",
    ),
    "fingerprints": ("fingerprints of the training melodies", "训练旋律的指纹"),
    "signatures": (
        "{where} › signatures: expected rows of {size} bytes, found {found}",
        "{where} › signatures：每行应为 {size} 字节，实际为 {found}",
    ),
    "unpacked_bytes": (
        "{where}: expected at most {most} bytes unpacked in {members} arrays, found {found} in {count}",
        "{where}：解压后至多 {members} 个数组、{most} 字节，实际为 {count} 个、{found} 字节",
    ),
    "array_bytes": (
        "{where}: expected an array of at most {most} bytes, found {found}",
        "{where}：数组至多 {most} 字节，实际为 {found}",
    ),
    "array_version": ("an array of version {version}", "数组的版本为 {version}"),
    "array_header": ("an array's header that cannot be read ({cause})", "数组的文件头无法读取"),
    "array_shape": ("an array's header with the shape {shape}", "数组的文件头写着形状 {shape}"),
    # edits
    "most_edits": (
        "{title}: expected at most {most} edits, found one more",
        "《{title}》：编辑次数已到上限 {most}",
    ),
    "title": (
        "title: expected 1 to {most} printable characters, found {found}",
        "标题应为 1 到 {most} 个可显示的字符，实际为 {found}",
    ),
    "tempo": (
        "tempo: expected a number from {low:.0f} to {high:.0f}, found {found:g}",
        "速度应为 {low:.0f} 到 {high:.0f}，实际为 {found:g}",
    ),
    "key": (
        "key: expected a pitch class from 0 to 11, found {found}",
        "调的主音应为 0 到 11，实际为 {found}",
    ),
    "key_range": (
        "{title}: expected notes within 0..127 in {tonic}, found notes outside",
        "《{title}》：转到 {tonic} 后有音符超出 0..127",
    ),
    "voice": ("voice: expected one of {known}, found {found}", "声部应为以下之一：{known}；实际为 {found}"),
    "bar": ("bar: expected 1 to {most}, found {found}", "小节应为 1 到 {most}，实际为 {found}"),
    "muted": ("{voice}: expected a voice that sounds, found it muted", "声部 {voice} 已静音，请先恢复"),
    # composing
    "seed": (
        "seed: expected a whole number from 0 to {most}, found {found}",
        "种子应为 0 到 {most} 的整数，实际为 {found}",
    ),
    "mood": ("mood: expected one of {known}, found {found}", "情绪应为以下之一：{known}；实际为 {found}"),
    "style": ("style: expected one of {known}, found {found}", "风格应为以下之一：{known}；实际为 {found}"),
    "energy": ("energy: expected a number from 0 to 1, found {found}", "活力应为 0 到 1，实际为 {found}"),
    "bars": (
        "bars: expected a multiple of {step} from {low} to {high}, found {found}",
        "小节数应为 {low} 到 {high} 之间 {step} 的倍数，实际为 {found}",
    ),
    # generators
    "generator": ("generator {name}", "作曲模型 {name}"),
    "generator_base64": ("{where}: expected {what} in base64 ({cause})", "{where}：{what}应为 base64"),
    "generator_bytes": (
        "{where}: expected {expected} bytes of {what}, found {found}",
        "{where}：{what}应有 {expected} 字节，实际为 {found}",
    ),
    "generator_metadata": ("{where}: expected metadata {key!r}, found none", "{where}：缺少元数据 {key!r}"),
    "generator_agrees": (
        "{where}: expected {what} {expected}, found {found}",
        "{where}：{what}应为 {expected}，实际为 {found}",
    ),
    "generator_version": (
        "{where}: expected contract version {choices}, found {found}",
        "{where}：接口规格版本应为以下之一：{names}；实际为 {found}",
    ),
    "vocabulary": ("vocabulary", "词表"),
    "input_columns": ("input columns", "输入列数"),
    "layout": ("layout", "布局"),
    "tilts": ("tilts", "偏置"),
    "golden_rows": ("golden rows", "校验行"),
    "tilt_range": (
        "{where}: expected numbers from {low:g} to {high:g}, found {found:g}",
        "{where}：应为 {low:g} 到 {high:g} 的数，实际为 {found:g}",
    ),
    "generator_card": ("{where}: expected a card with {known}", "{where}：模型卡应有 {known}"),
    "golden": (
        "{where}: expected its golden logits within {expected:.3g}, found a difference of {found:.3g}",
        "{where}：与自带的校验结果应相差不超过 {expected:.3g}，实际相差 {found:.3g}",
    ),
    "one_training": (
        "{where}: expected generators of one training, found {count} kinds of {key}",
        "{where}：作曲模型应来自同一次训练，实际有 {count} 种 {key}",
    ),
    # playing
    "positive_rate": (
        "sample rate: expected a positive number, found {found}",
        "采样率应为正数，实际为 {found}",
    ),
    "section_bars": (
        "section {name}: expected bars within 0..{most}, found {found}",
        "段落 {name} 应在 0..{most} 小节之内，实际为 {found}",
    ),
    "channel": ("channel: expected 0 or more, found {found}", "声道应不小于 0，实际为 {found}"),
    "section": ("section: expected {known}, found {found}", "段落应为 {known}，实际为 {found}"),
    "silent_bar": ("bar {number}: {kind}: {cause}", "第 {number} 小节无法渲染（{kind}）"),
    "sound_device": ("{cause}", "无法打开声音设备"),
    "most_seconds": (
        "{title}: expected at most {most:.0f} seconds, found {found:.0f}",
        "《{title}》：至多 {most:.0f} 秒，实际为 {found:.0f} 秒",
    ),
    "sample_rate": (
        "sample rate: expected {low} to {high} samples a second, found {found}",
        "采样率应为每秒 {low} 到 {high}，实际为 {found}",
    ),
    "bars_within": (
        "{title}: expected bars within 0 to {most}, found {first} to {last}",
        "《{title}》：小节应在 0 到 {most} 之内，实际为 {first} 到 {last}",
    ),
    "timbre": ("timbre: expected one of {known}, found {found}", "音色应为以下之一：{known}；实际为 {found}"),
    # titles of the shipped pieces, by their names
    "title_afterglow": ("Afterglow", "余晖"),
    "title_black-glass": ("Black Glass", "黑玻璃"),
    "title_cold-foundry": ("Cold Foundry", "冷却的铸造厂"),
    "title_empty-arcade": ("Empty Arcade", "空荡的街机厅"),
    "title_first-coin": ("First Coin", "第一枚硬币"),
    "title_glass-lake": ("Glass Lake", "镜湖"),
    "title_harbour-lights": ("Harbour Lights", "港湾灯火"),
    "title_homecoming-run": ("Homecoming Run", "归途疾驰"),
    "title_jump-cut": ("Jump Cut", "跳切"),
    "title_last-gate-open": ("Last Gate Open", "最后一道门"),
    "title_letters-home": ("Letters Home", "家书"),
    "title_night-shift": ("Night Shift", "夜班"),
    "title_overdrive": ("Overdrive", "超速档"),
    "title_paper-moons": ("Paper Moons", "纸月亮"),
    "title_rain-on-neon": ("Rain on Neon", "雨落霓虹"),
    "title_redline": ("Redline", "红线转速"),
    "title_ricochet": ("Ricochet", "跳弹"),
    "title_slow-orbit": ("Slow Orbit", "缓慢轨道"),
    "title_steel-banner": ("Steel Banner", "钢铁旗帜"),
    "title_sunlit-circuit": ("Sunlit Circuit", "阳光回路"),
    "title_swarm": ("Swarm", "蜂群"),
    "title_thirteen-seconds": ("Thirteen Seconds", "十三秒"),
    "title_undertow": ("Undertow", "暗流"),
    "title_violet-hour": ("Violet Hour", "紫色时分"),
}
CATALOGUE: Final = Catalogue("music", _TABLE, PHRASES)
say: Final = CATALOGUE.say
