"""Personal columns whose names are written in other scripts than the Latin one."""

from __future__ import annotations

import random

import pytest
from faker import Faker

from first_light.privacy.detect import classify

_PEOPLE = {
    "ru_RU": ("клиенты", "Фамилия", "Имя", "Моб. телефон", "Дата рождения", "Адрес доставки"),
    "uk_UA": ("клієнти", "Прізвище", "Ім'я", "Телефон", "Дата народження", "Адреса"),
    "el_GR": ("Πελάτες", "Επώνυμο", "Όνομα", "Τηλέφωνο", "Ημερομηνία γέννησης", "Διεύθυνση"),
    "zh_CN": ("客户", "姓氏", "姓名", "联系电话", "出生日期", "收货地址"),
    "ja_JP": ("顧客", "苗字", "氏名", "電話番号", "生年月日", "住所"),
    "ko_KR": ("고객", "성씨", "이름", "전화번호", "생년월일", "배송주소"),
    "ar_SA": ("العملاء", "اسم العائلة", "الاسم الأول", "رقم الهاتف", "تاريخ الميلاد", "العنوان"),
    "he_IL": ("לקוחות", "שם משפחה", "שם פרטי", "מספר טלפון", "תאריך לידה", "כתובת"),
    "hi_IN": ("ग्राहक", "उपनाम", "नाम", "मोबाइल नंबर", "जन्म तिथि", "पता"),
    "th_TH": ("ลูกค้า", "นามสกุล", "ชื่อ", "หมายเลขโทรศัพท์", "วันเกิด", "ที่อยู่"),
}


@pytest.mark.parametrize("locale", _PEOPLE)
def test_people_are_found_in_every_script(locale: str) -> None:
    fake = Faker(locale)
    fake.seed_instance(random.getrandbits(32))
    table, *columns = _PEOPLE[locale]
    makes = ("last_name", "first_name", "phone_number", "date_of_birth", "address")
    kinds = [
        classify(column, [str(fake.format(make)) for _ in range(60)], table)
        for column, make in zip(columns, makes, strict=True)
    ]
    assert kinds == ["person", "person", "phone", "birth_date", "address"]


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("клиенты", "дата регистрации", ["2024-01-03", "2024-02-09", "2024-03-30"]),
        ("клиенты", "телевизор", ["LG 42", "Sony X9", "LG 55"]),
        ("заказы", "оплата", ["карта", "наличные", "счёт"]),
        ("товары", "имя", ["Чайник", "Лампа", "Ковёр"]),
        ("Πελάτες", "πόντοι", ["10", "250", "35"]),
        ("客户", "客户编号", ["1001", "1002", "1003"]),
        ("订单", "下单日期", ["2024-01-03", "2024-02-09", "2024-03-30"]),
        ("商品", "商品名称", ["茶壶", "台灯", "地毯"]),
        ("לקוחות", "עבודת יד", ["כן", "לא", "חלקי"]),
    ],
)
def test_other_columns_are_not(table: str, column: str, values: list[str]) -> None:
    assert classify(column, values * 20, table) is None
