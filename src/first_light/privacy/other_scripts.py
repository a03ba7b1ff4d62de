"""Words in names of other scripts than the Latin one, in English: what is personal, and of whom.

All other rules know English words, so that a name is put into English before they read it.
Russian, Ukrainian, Bulgarian and Serbian, Greek, Chinese, Japanese, Korean, Arabic, Hebrew, Hindi
and Thai. Words of alphabets that inflect are stems, which stand at the beginning of a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

# Each word is a stem unless it ends in a dot: then it stands for itself alone.
_STEMS: Final = {
    "full name": ("фио. піб. ονοματεπώνυμο ονοματεπωνυμο الاسم_الكامل اسم_العميل שם_מלא पूरा_नाम"),
    "first name": "名. メイ. שם_פרטי الاسم_الأول पहला_नाम",
    "name": "имя. имена. ім'я. ім’я. імя. імена. име. όνομα. ονομα. الاسم. اسم. שם. नाम.",
    "last name": (
        "姓. セイ. фамил прізвищ презиме επώνυμο επωνυμο επίθετο επιθετο"
        " اسم_العائلة اللقب שם_משפחה उपनाम"
    ),
    "middle name": "отчеств по_батькові бащин πατρώνυμο πατρωνυμο اسم_الأب",
    "email": (
        "почта почты пошта пошти имейл імейл имэйл е-пошта ηλεκτρονικ البريد_الإلكتروني بريد דואל."
        ' דוא"ל אימייל ईमेल'
    ),
    "phone": (
        "телефон тел. мобильн мобілн мобилен. мобилни. τηλέφων τηλεφων τηλ. κινητ الهاتف هاتف"
        " الجوال جوال טלפון נייד. फ़ोन फोन मोबाइल दूरभाष"
    ),
    "birth date": (
        "рождени рожд. народженн раждане рођења γέννησ γεννησ تاريخ_الميلاد الميلاد תאריך_לידה לידה"
        " जन्म"
    ),
    "street": "улиц вулиц οδός. οδος. الشارع רחוב",
    "address": "адрес διεύθυνσ διευθυνσ العنوان عنوان כתובת पता.",
    "postcode": ("индекс. індекс. пощенски поштански ταχυδρομικ τκ. الرمز_البريدي מיקוד पिनकोड"),
    "passport": "паспорт пасош διαβατήρι διαβατηρι جواز דרכון पासपोर्ट",
    "nationalid": (
        "снилс. рнокпп. егн. јмбг. αμκα. ταυτότητα ταυτοτητα الهوية رقم_الهوية תעודת_זהות ת.ז. आधार"
    ),
    "taxid": "инн. іпн. αφμ.",
    "licenseplate": "госномер гос_номер держномер πινακίδα لوحة_السيارة",
    "bankaccount": "расчетн розрахунков λογαριασμ الحساب_البنكي חשבון_בנק बैंक_खाता",
    "salary": "зарплат оклад. заробітн заплата μισθ الراتب راتب שכר. משכורת वेतन",
    "diagnosis": (
        "диагноз діагноз дијагноз διάγνωσ διαγνωσ болезн захворюв заболяван التشخيص אבחנה निदान"
    ),
    "religion": "религи релігі вероиспов θρήσκευμα θρησκευμα θρησκεία الديانة דת. धर्म",
    "nationality": (
        "гражданств громадянств национальност національн υπηκοότητα الجنسية אזרחות राष्ट्रीयता"
    ),
    "comment": ("коммент комент примечан приміт бележк σχόλι σχολι σημείωσ ملاحظات הערות टिप्पणी"),
    "username": "логин. логін. потребителско χρήστη. اسم_المستخدم שם_משתמש",
    "password": "парол كلمة_المرور סיסמה סיסמא पासवर्ड",
    "customer": (
        "клиент клієнт клијент покупател покупец покупц πελάτ πελατ العملاء العميل عميل לקוח ग्राहक"
    ),
    "employee": (
        "сотрудник працівник служител запослен работник υπάλληλο υπαλληλο الموظف موظف עובדים עובד."
        " कर्मचारी"
    ),
    "patient": "пациент пацієнт пацијент ασθεν المرضى المريض מטופל חולה. रोगी मरीज",
    "student": "студент ученик учениц учн. учні. φοιτητ μαθητ الطلاب الطالب תלמיד סטודנט छात्र",
    "driver": "водител водій водії возач οδηγό οδηγο السائق נהג. चालक",
}
# Words of scripts that do not part words; they stand anywhere.
_PARTS: Final = {
    "full name": (
        "フリガナ ふりがな カナ氏名 姓名"
        " 客户名称 客戶名稱 联系人 聯絡人 收件人 收货人 氏名 担当者名 受取人 성명 고객명 담당자"
        " ชื่อ-นามสกุล ชื่อ_นามสกุล"
    ),
    "name": "名字 名前 이름 ชื่อ",
    "last name": "姓氏 苗字 성씨 นามสกุล",
    "email": "邮箱 电子邮件 郵箱 電子郵件 メール 이메일 전자우편 อีเมล",
    "phone": "电话 電話 手机 手機 携帯 전화 휴대폰 핸드폰 연락처 โทรศัพท์ มือถือ",
    "birth date": "出生日期 出生年月 生日 生年月日 誕生日 생년월일 생일 วันเกิด",
    "address": "地址 住址 住所 주소 ที่อยู่",
    "postcode": "〒 邮编 邮政编码 郵遞區號 郵便番号 우편번호 รหัสไปรษณีย์",
    "passport": "护照 護照 パスポート 旅券 여권 หนังสือเดินทาง",
    "nationalid": "身份证 身分證 证件号 マイナンバー 個人番号 주민등록번호 주민번호 บัตรประชาชน",
    "licenseplate": "车牌 車牌 ナンバープレート 차량번호 ทะเบียนรถ",
    "bankaccount": "银行账号 银行卡 銀行帳號 口座番号 계좌번호 เลขบัญชี",
    "salary": "工资 薪资 薪水 薪資 給与 年収 給料 급여 연봉 월급 เงินเดือน",
    "diagnosis": "诊断 診断 診斷 疾病 病名 진단 질병 การวินิจฉัย",
    "sex": "性別 性别 성별 เพศ",
    "bloodtype": "血液型 血型 혈액형 หมู่เลือด",
    "allergies": "アレルギー 过敏 過敏 알레르기 แพ้ยา",
    "emergencycontact": "緊急連絡 紧急联系 비상연락 ผู้ติดต่อฉุกเฉิน",
    "religion": "信仰 宗教 종교 ศาสนา",
    "nationality": "国籍 國籍 국적 สัญชาติ",
    "comment": "备注 備註 备考 備考 コメント メモ 비고 메모 หมายเหตุ",
    "username": "用户名 登录名 ユーザー名 사용자명 아이디 ชื่อผู้ใช้",
    "password": "密码 密碼 パスワード 비밀번호 รหัสผ่าน",
    "customer": "客户 客戶 顾客 顧客 会员 會員 会員 买家 고객 회원 ลูกค้า",
    "employee": "员工 員工 职员 社員 従業員 職員 직원 พนักงาน",
    "patient": "患者 病人 환자 ผู้ป่วย",
    "student": "学生 學生 生徒 학생 นักเรียน",
    "driver": "司机 司機 運転手 운전자 คนขับ",
}


def in_english(name: str) -> str:
    """The name with an English word for each known one of another script; the rest as it was."""
    if name.isascii():
        return name
    lowered = re.sub(r"\s+", "_", unicodedata.normalize("NFC", name).lower())
    english, pattern = _known()
    return pattern.sub(lambda match: f" {english[match[match.lastgroup or 0]]} ", lowered)


@cache
def _known() -> tuple[dict[str, str], re.Pattern[str]]:
    """The English word of each known one, and what finds them: the longest one first."""
    stems, parts = _by_known(_STEMS), _by_known(_PARTS)
    at_start = "|".join(
        rf"{re.escape(stem[:-1])}(?![^\W_])" if stem.endswith(".") else re.escape(stem)
        for stem in sorted(stems, key=len, reverse=True)
    )
    anywhere = "|".join(map(re.escape, sorted(parts, key=len, reverse=True)))
    # Arabic and Hebrew join the article to the word.
    pattern = re.compile(rf"(?<![^\W_])(?:ال|ה)?(?P<stem>{at_start})[^\W\d_]*|(?P<part>{anywhere})")
    return {known.removesuffix("."): word for known, word in (stems | parts).items()}, pattern


def _by_known(words: Mapping[str, str]) -> dict[str, str]:
    return {
        unicodedata.normalize("NFC", known): english
        for english, text in words.items()
        for known in text.split()
    }
