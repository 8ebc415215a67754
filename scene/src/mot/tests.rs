use proptest::prelude::*;

use super::*;

fn row(frame: u32, id: i64, x: f64, y: f64, w: f64, h: f64, score: f64) -> Row {
    Row { frame: FrameNumber(frame), id, bbox: BBox::new(x, y, w, h), score, class: None, visibility: None }
}

fn problem(text: &str) -> String {
    parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn the_dialects_all_say_the_same() {
    let expected = [row(881, 1, 1312.121, 592.4242, 109.8485, 249.2424, 1.0)];
    for text in [
        "881,1,1312.121,592.4242,109.8485,249.2424,1,-1,-1,-1\n",
        "881,1,1312.121,592.4242,109.8485,249.2424",
        "\u{feff}881, 1, 1312.121, 592.4242, 109.8485, 249.2424, 1\r\n\r\n",
        "881 1 1312.121 592.4242 109.8485 249.2424 1 -1 -1 -1\n",
        "  881\t1\t1312.121\t592.4242\t109.8485\t249.2424\t1\t\n",
        "# frame,id\n% matlab\n\n881,1,1312.121,592.4242,109.8485,249.2424,1,\n",
        "8.810000e+02,1.0,1.312121e+03,5.924242E+02,1.098485e+02,2.492424e2,1.0e0,-1,-1,-1",
        "881,+1,1312.121,592.4242,109.8485,249.2424,1,-4.08,17.5,0.3,more,columns",
    ] {
        assert_eq!(parse(text.as_bytes()).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn ground_truth_has_a_class_and_a_visible_share() {
    let rows =
        parse(b"1,1,439.67,93.50,30.54,64.38,1,1,0.361\n2,1,0,0,1,1,0,7\n3,1,0,0,1,1,1,-1,-1").unwrap();
    assert_eq!((rows[0].class, rows[0].visibility), (Some(1), Some(0.361)));
    assert_eq!((rows[1].score, rows[1].class, rows[1].visibility), (0.0, Some(7), None));
    assert_eq!((rows[2].class, rows[2].visibility), (None, None));
}

#[test]
fn rows_keep_the_order_of_the_file() {
    let rows = parse(b"9,1,0,0,1,1\n0,1,0,0,1,1\n9,1,5,0,1,1\n0,-1,0,0,1,1\n0,-1,0,0,1,1").unwrap();
    let frames: Vec<_> = rows.iter().map(|r| r.frame.0).collect();
    assert_eq!(frames, [9, 0, 9, 0, 0]);
    assert_eq!(duplicates(&rows), [(FrameNumber(9), 1)]);
}

#[test]
fn errors_say_where_and_what() {
    assert_eq!(
        problem("1,1,0,0,1,1\n\n2,1,0,0,wide,1"),
        "line 3, column 9: the width is not a number: \"wide\""
    );
    assert_eq!(problem("1,1,0,0,1"), "line 1, column 10: the height is missing");
    assert_eq!(problem("1,1,,0,1,1"), "line 1, column 5: the left edge is empty");
    assert_eq!(problem("1,1,nan,0,1,1"), "line 1, column 5: the left edge nan is not finite");
    assert_eq!(problem("1,1,0,1e999,1,1"), "line 1, column 7: the top edge 1e999 is not finite");
    assert_eq!(problem("1,1,0,0,1,1,inf"), "line 1, column 13: the score inf is not finite");
    assert_eq!(problem("1,1,0,0,1,0x10"), "line 1, column 11: the height is not a number: \"0x10\"");
    assert_eq!(problem("1.5,1,0,0,1,1"), "line 1, column 1: the frame number 1.5 is not a whole number");
    assert_eq!(
        problem("-1,1,0,0,1,1"),
        "line 1, column 1: the frame number -1 is not between 0 and 4294967295"
    );
    assert!(problem("99999999999999999999,1,0,0,1,1").contains("not a whole number"));
    assert!(parse(b"1,\xff\xfe,0,0,1,1").unwrap_err().to_string().contains("the id is not a number"));
}

#[test]
fn what_is_written_is_sorted_and_rounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cam1.txt");
    let gt_row = Row { class: Some(1), visibility: Some(0.25), ..row(2, 1, 0.0, 0.0, 1.0, 1.0, 1.0) };
    let rows = [gt_row, row(1, 12, 10.005, -0.5, 3.0, 4.126, 0.98765), row(1, 3, 1.0, 2.0, 3.0, 4.0, 0.5)];
    write(&path, &rows).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let expected = "1,3,1.00,2.00,3.00,4.00,0.5,-1,-1,-1\n\
                    1,12,10.01,-0.50,3.00,4.13,0.9877,-1,-1,-1\n\
                    2,1,0.00,0.00,1.00,1.00,1,1,0.25\n";
    // 10.005 lies a little above itself in binary.
    assert_eq!(text, expected);
}

#[test]
fn a_writer_refuses_what_it_could_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cam1.txt");
    let mut writer = Writer::create(&path).unwrap();
    writer.push(&row(2, 1, 0.0, 0.0, 1.0, 1.0, 1.0)).unwrap();
    assert!(writer.push(&row(1, 1, 0.0, 0.0, 1.0, 1.0, 1.0)).is_err());
    assert!(writer.push(&row(3, 1, f64::NAN, 0.0, 1.0, 1.0, 1.0)).is_err());
    writer.finish().unwrap();
    assert_eq!(read(&path).unwrap().len(), 1);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read(Path::new("no/such/gt.txt")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read no/such/gt.txt: "), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn any_damage_is_read_or_refused(at in 0..60_usize, byte in any::<u8>()) {
        let mut text = *b"1,1,439.67,93.50,30.54,64.38,1,1,0.361\n2,-1,1e2,3,4,5,-1,-1,-1,";
        text[at] = byte;
        for row in parse(&text).unwrap_or_default() {
            prop_assert!(row.bbox.x.is_finite() && row.score.is_finite());
        }
    }

    #[test]
    fn rows_survive_writing_and_reading(
        numbers in prop::collection::vec((0..50_u32, -1..9_i64, -9999..9999_i32, 1..999_i32, 0..=10_000_i32), 0..40),
    ) {
        let mut rows: Vec<Row> = numbers
            .into_iter()
            .map(|(frame, id, x, w, s)| {
                row(frame, id, f64::from(x) / 100.0, 0.0, f64::from(w) / 100.0, 1.0, f64::from(s) / 1e4)
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.txt");
        write(&path, &rows).unwrap();
        rows.sort_by_key(|r| (r.frame, r.id));
        prop_assert_eq!(read(&path).unwrap(), rows);
    }
}
